"""SEP-10: a challenge only the account's signers can sign, each good for one token."""

from __future__ import annotations

import secrets

from stellar_sdk import Keypair, StrKey
from stellar_sdk.sep.ed25519_public_key_signer import Ed25519PublicKeySigner
from stellar_sdk.sep.exceptions import InvalidSep10ChallengeError
from stellar_sdk.sep.stellar_web_authentication import (
    ChallengeTransaction,
    build_challenge_transaction,
    read_challenge_transaction,
    verify_challenge_transaction_signed_by_client_master_key,
    verify_challenge_transaction_threshold,
)

from api.accounts.schemas import Challenge
from api.config import ApiConfig
from api.database import Database
from api.errors import Problem, invalid_field
from api.stellar import Ledger, LedgerAccount
from contracts.wire import Address

CHALLENGE_SECONDS = 900

# One statement: whoever inserts first has used the challenge. Those long over are swept.
_USE_ONCE = """
WITH swept AS (
    DELETE FROM app.used_challenge WHERE expires_at < now()
)
INSERT INTO app.used_challenge (hash, expires_at) VALUES (%s, to_timestamp(%s))
ON CONFLICT (hash) DO NOTHING
RETURNING hash
"""


class SignIn:
    """Issues challenges and turns signed ones into account addresses."""

    def __init__(self, config: ApiConfig, database: Database, ledger: Ledger) -> None:
        self._config = config
        self._database = database
        self._ledger = ledger
        self._server = Keypair.from_secret(config.sign_in_seed)

    @property
    def signing_key(self) -> str:
        """The public key that signs challenges, SIGNING_KEY of stellar.toml."""
        return self._server.public_key

    def challenge(
        self, account: str, *, memo: str | None, home_domain: str | None, client_domain: str | None
    ) -> Challenge:
        """A challenge for `account`, valid for 15 minutes on our clock."""
        self._refuse_unsupported(account, memo, home_domain, client_domain)
        transaction = build_challenge_transaction(
            self._config.sign_in_seed,
            account,
            self._config.home_domain,
            self._config.web_auth_domain,
            self._config.network_passphrase,
            timeout=CHALLENGE_SECONDS,
        )
        return Challenge(transaction, self._config.network_passphrase)

    def _refuse_unsupported(
        self, account: str, memo: str | None, home_domain: str | None, client_domain: str | None
    ) -> None:
        if not StrKey.is_valid_ed25519_public_key(account):
            raise invalid_field("?account", "Sign in with an ordinary account: G and 55 more.")
        if secrets.compare_digest(account, self.signing_key):
            raise invalid_field("?account", "The service's own key cannot sign in.")
        if memo is not None:
            raise invalid_field("?memo", "Accounts shared by memo are not supported here.")
        if home_domain not in (None, self._config.home_domain):
            raise invalid_field("?home_domain", f"This is {self._config.home_domain}.")
        if client_domain is not None:
            raise invalid_field(
                "?client_domain", "Wallets are not verified here: leave client_domain out."
            )

    async def redeem(self, transaction: str) -> Address:
        """The account that a signed challenge proves; raises "challenge-refused"."""
        challenge = self._read(transaction)
        account = Address(challenge.client_account_id)
        self._verify(transaction, await self._ledger.account(account))
        await self._use_once(challenge)
        return account

    def _read(self, transaction: str) -> ChallengeTransaction:
        try:
            return read_challenge_transaction(
                transaction,
                self._server.public_key,
                self._config.home_domain,
                self._config.web_auth_domain,
                self._config.network_passphrase,
            )
        # The SDK lets through what its XDR reader throws at bytes that are no envelope.
        except (InvalidSep10ChallengeError, ValueError, EOFError, TypeError) as error:
            raise Problem("challenge-refused", _sentence(error)) from error

    def _verify(self, transaction: str, known: LedgerAccount | None) -> None:
        expected = (
            transaction,
            self._server.public_key,
            self._config.home_domain,
            self._config.web_auth_domain,
            self._config.network_passphrase,
        )
        try:
            if known is None:
                verify_challenge_transaction_signed_by_client_master_key(*expected)
            else:
                signers = [Ed25519PublicKeySigner(s.address, s.weight) for s in known.signers]
                verify_challenge_transaction_threshold(*expected, known.medium_threshold, signers)
        except InvalidSep10ChallengeError as error:
            raise Problem("challenge-refused", _sentence(error)) from error

    async def _use_once(self, challenge: ChallengeTransaction) -> None:
        envelope = challenge.transaction
        bounds = envelope.transaction.preconditions
        if bounds is None or bounds.time_bounds is None:
            raise Problem("challenge-refused", "The challenge has no time bounds.")
        row = (envelope.hash(), bounds.time_bounds.max_time)
        async with self._database.public() as connection:
            used = await (await connection.execute(_USE_ONCE, row)).fetchone()
        if used is None:
            raise Problem("challenge-refused", "This challenge was used before.")


def _sentence(error: Exception) -> str:
    if isinstance(error, InvalidSep10ChallengeError):
        return f"The challenge was refused: {error}"
    return "The challenge is not a transaction in base64 XDR."
