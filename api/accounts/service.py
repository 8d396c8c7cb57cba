"""SEP-10: a challenge only the account's signers can sign, each good for one session."""

from __future__ import annotations

import secrets

from stellar_sdk import IdMemo, Keypair, ManageData, StrKey
from stellar_sdk.sep.ed25519_public_key_signer import Ed25519PublicKeySigner
from stellar_sdk.sep.exceptions import InvalidSep10ChallengeError
from stellar_sdk.sep.stellar_web_authentication import (
    ChallengeTransaction,
    build_challenge_transaction,
    read_challenge_transaction,
    verify_challenge_transaction_signed_by_client_master_key,
    verify_challenge_transaction_threshold,
)

from api.accounts.once import use_once
from api.accounts.schemas import Challenge
from api.accounts.wallets import signing_key
from api.config import ApiConfig
from api.database import Database
from api.errors import Problem, invalid_field
from api.stellar import Ledger, LedgerAccount
from api.tokens import Proof, account_of

CHALLENGE_SECONDS = 900
_MEMO_MAX = 2**64 - 1


class SignIn:
    """Issues challenges and turns signed ones into proofs."""

    def __init__(self, config: ApiConfig, database: Database, ledger: Ledger) -> None:
        self._config = config
        self._database = database
        self._ledger = ledger
        self._server = Keypair.from_secret(config.sign_in_seed)

    @property
    def signing_key(self) -> str:
        """The public key that signs challenges, SIGNING_KEY of stellar.toml."""
        return self._server.public_key

    async def challenge(
        self, account: str, *, memo: str | None, home_domain: str | None, client_domain: str | None
    ) -> Challenge:
        """A challenge for `account`, valid for 15 minutes on our clock.

        An account that several people share names the person by `memo` (a number), or is given
        as M...; a wallet that names its `client_domain` signs with that domain's key too.
        """
        self._refuse_unsupported(account, home_domain)
        number = _memo(account, memo)
        client_key = None
        if client_domain is not None:
            client_key = await self._client_key(account, client_domain)
        transaction = build_challenge_transaction(
            self._config.sign_in_seed,
            account,
            self._config.home_domain,
            self._config.web_auth_domain,
            self._config.network_passphrase,
            timeout=CHALLENGE_SECONDS,
            client_domain=client_domain,
            client_signing_key=client_key,
            memo=number,
        )
        return Challenge(transaction, self._config.network_passphrase)

    def _refuse_unsupported(self, account: str, home_domain: str | None) -> None:
        if StrKey.is_valid_contract(account):
            raise invalid_field("?account", "Contract accounts cannot sign in here yet.")
        try:
            address = account_of(account) if ":" not in account else ""
        except ValueError:
            address = ""
        if not address:
            raise invalid_field("?account", "Sign in with an account: G and 55 more, or M and 68.")
        if secrets.compare_digest(address, self.signing_key):
            raise invalid_field("?account", "The service's own key cannot sign in.")
        if home_domain not in (None, self._config.home_domain):
            raise invalid_field("?home_domain", f"This is {self._config.home_domain}.")

    async def _client_key(self, account: str, client_domain: str) -> str:
        key = await signing_key(client_domain, local=self._config.local_networks)
        if key in (account_of(account), self.signing_key):
            raise invalid_field("?client_domain", "Its SIGNING_KEY must be a key of its own.")
        return key

    async def redeem(self, transaction: str) -> Proof:
        """What a signed challenge proves; raises "challenge-refused"."""
        challenge = self._read(transaction)
        account = account_of(challenge.client_account_id)
        self._verify(transaction, await self._ledger.account(account))
        await self._use_once(challenge)
        memo = "" if challenge.memo is None else f":{challenge.memo}"
        return Proof(
            owner=f"{challenge.client_account_id}{memo}",
            method="sep10",
            client_domain=_client_domain(challenge),
        )

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
        await use_once(self._database, envelope.hash(), bounds.time_bounds.max_time)


def _memo(account: str, memo: str | None) -> int | None:
    """The number of a person who shares an account; the SDK takes 0 for none."""
    if memo is None:
        return None
    if account.startswith("M"):
        raise invalid_field("?memo", "An account M... names its user itself: leave memo out.")
    number = int(memo) if memo.isascii() and memo.isdecimal() and len(memo) <= 20 else 0
    if not 0 < number <= _MEMO_MAX:
        raise invalid_field("?memo", "A memo is a number from 1 to 2^64 - 1.")
    return IdMemo(number).memo_id


def _client_domain(challenge: ChallengeTransaction) -> str | None:
    for operation in challenge.transaction.transaction.operations:
        if isinstance(operation, ManageData) and operation.data_name == "client_domain":
            return (operation.data_value or b"").decode()
    return None


def _sentence(error: Exception) -> str:
    if isinstance(error, InvalidSep10ChallengeError):
        return f"The challenge was refused: {error}"
    return "The challenge is not a transaction in base64 XDR."
