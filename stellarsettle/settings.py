"""Everything that is decided outside the code, read once from the environment and checked.

stellar_sdk takes half a second to import and is needed for keys only: who has none starts faster.
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from contracts import strkey

if TYPE_CHECKING:
    from api.debtors.bank import BankAccount
    from api.documents.storage.keys import MasterKeys

TESTNET_PASSPHRASE = "Test SDF Network ; September 2015"  # noqa: S105 -- a network's public name


_MAIL_SCHEMES = ("smtp://", "smtps://", "file:///")
_DATABASE_SCHEMES = ("postgresql://", "postgres://")


class SettingsError(Exception):
    """A setting is missing or wrong; the message names it and says what it should be."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The platform's settings. Names of environment variables are these in capitals."""

    database_url: str = ""
    """PostgreSQL as a URL, postgresql://...; empty: the embedded one in DATA_DIR."""
    data_dir: str = ".stellarsettle"
    """Where the embedded PostgreSQL keeps its files."""
    rpc_url: str = "http://127.0.0.1:8000"
    """A stellar-rpc: the local ledger, testnet, mainnet or a node of your own."""
    rpc_urls: str = ""
    """Further nodes for the indexer, separated by commas: one takes over when another fails."""
    lake_url: str = ""
    """A data lake (SEP-54), folder or URL: read where no node reaches back far enough."""
    read_ledgers: bool = False
    """Read whole ledgers of a node, with all hashes and failed transactions, not only events."""
    requests_per_second: Annotated[float, msgspec.Meta(gt=0, le=10_000)] = 20.0
    """What the indexer asks of one node at most."""
    events_per_page: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 10_000
    """What the indexer asks for at once; providers may allow less than the protocol."""
    compare_every: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Compare each ledger of a multiple of this between two nodes, and stop if they differ."""
    check_every: Annotated[int, msgspec.Meta(ge=1)] = 720
    """Ledgers between two checks that money adds up, in the read models and on the chain."""
    network_passphrase: str = TESTNET_PASSPHRASE
    """The network that transactions are signed for."""
    escrow: str = ""
    """The escrow contract, C..."""
    distributor: str = ""
    """The distributor contract, C..."""
    start_ledger: Annotated[int, msgspec.Meta(ge=0)] = 0
    """The ledger the contracts were deployed in: where indexing begins."""
    poll_seconds: Annotated[float, msgspec.Meta(gt=0, le=3600)] = 0.5
    """How long the indexer waits at the tip before it asks again."""
    metrics_host: str = "127.0.0.1"
    """The address on which METRICS_PORT is listened on."""
    metrics_port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 0
    """Where the indexer answers /metrics, /ready, /live and /status; 0: nowhere."""
    log_format: Literal["text", "json"] = "text"
    """How indexer, API and worker write their logs: `text` or `json`."""
    api_host: str = "127.0.0.1"
    """The address on which the API listens."""
    api_port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = 8080
    """The port on which it listens."""
    api_workers: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1
    """Processes that answer requests."""
    cache_mb: Annotated[int, msgspec.Meta(ge=0, le=4096)] = 32
    """Megabytes of public answers that each process of the API keeps; 0: none."""
    cors_origins: str = ""
    """Web origins that may call the API from a browser, separated by commas."""
    limit_address: Annotated[int, msgspec.Meta(ge=0)] = 1_200
    """Requests a minute of one network address; 0: any number, here and in the three below."""
    limit_sign_in: Annotated[int, msgspec.Meta(ge=0)] = 60
    """Requests a minute of one address to the routes that sign in."""
    limit_user: Annotated[int, msgspec.Meta(ge=0)] = 1_200
    """Requests a minute of one person."""
    limit_key: Annotated[int, msgspec.Meta(ge=0)] = 6_000
    """Requests a minute of one API key."""
    limit_streams: Annotated[int, msgspec.Meta(ge=0)] = 100
    """Live streams of one network address in one process; 0: any number."""
    limits_shared: bool = False
    """Count requests in PostgreSQL for all processes together, rather than in each one."""
    trusted_proxies: Annotated[int, msgspec.Meta(ge=0, le=10)] = 0
    """How many proxies of yours stand before the API and add to X-Forwarded-For."""
    local_networks: bool = False
    """Whether the API may ask servers of private networks, without TLS: for development only."""
    home_domain: str = "localhost:8080"
    """The domain that sign-in challenges speak for."""
    public_url: str = "http://localhost:8080"
    """Where the outside reaches the API; no slash at the end."""
    document_keys: str = ""
    """Keys of documents and KYC, `1:base64,2:base64`: the highest wraps, the others only unwrap."""
    documents_dir: str = ""
    """Where sealed documents are kept; empty: `documents` in DATA_DIR."""
    clamd: str = ""
    """ClamAV's daemon: the path of its socket, or host:port. Without it no documents."""
    clamd_days: Annotated[float, msgspec.Meta(gt=0, le=365)] = 3.0
    """ClamAV's signatures may be so old; older, and no document is taken further."""
    clamd_test: bool = False
    """Accept ClamAV with test signatures only. Never where documents are real."""
    documents_per_account: Annotated[int, msgspec.Meta(ge=1)] = 5_000
    """So many documents are kept for one account."""
    document_mb_per_account: Annotated[int, msgspec.Meta(ge=1)] = 5_120
    """So many megabytes of documents are kept for one account."""
    kubo_url: str = ""
    """The RPC interface of an IPFS node that keeps copies, such as http://127.0.0.1:5001."""
    pinata_token: str = ""
    """The JWT of an account at Pinata that keeps copies."""
    pinata_url: str = "https://api.pinata.cloud"
    """Where Pinata takes files in."""
    pinata_gateway: str = "https://gateway.pinata.cloud"
    """Where Pinata gives them back."""
    public_rpc_url: str = ""
    """A node that everybody may see, for wallets in a browser; empty: only a local ledger's."""
    demo_people: str = ""
    """A file of people whose keys everybody may have, for trying out; only on a local ledger."""
    parent_pid: int = 0
    """A process without which services are not wanted: they stop when it is gone. 0: none."""
    signing_seed: str = ""
    """S...: signs sign-in challenges and certificates of erasure. It can move no money."""
    token_key: str = ""
    """32 bytes, base64: the Ed25519 key that signs access tokens; it seals refresh tokens, too."""
    former_token_keys: str = ""
    """Keys that TOKEN_KEY replaced, newest first, separated by commas: theirs stays good."""
    mail_url: str = ""
    """Where mail goes: smtp://user:password@host, smtps://..., file:///folder; empty: nowhere."""
    mail_from: str = ""
    """Who mail is from; empty: notices@ the home domain."""
    bank_account: str = ""
    """Where debtors without a wallet pay, `HOLDER; IBAN; BIC`; empty: none can be invited."""
    natural_key: str = ""
    """32 bytes, base64: makes natural identities and webhooks' secrets. Never change it."""

    def __repr__(self) -> str:
        """Without keys, passwords and addresses that may hold some: settings end up in logs."""
        return f"Settings(network_passphrase={self.network_passphrase!r}, escrow={self.escrow!r})"

    def __post_init__(self) -> None:
        """Check what can be checked without asking anybody."""
        for name in ("escrow", "distributor"):
            value = getattr(self, name)
            if value and not _is_contract(value):
                raise SettingsError(f"{name.upper()} is no contract address (C...): {value}")
        if self.signing_seed and not _is_seed(self.signing_seed):
            raise SettingsError("SIGNING_SEED is no secret seed (S...)")
        for name in ("token_key", "natural_key"):
            if getattr(self, name) and len(_decoded(getattr(self, name))) != 32:
                raise SettingsError(f"{name.upper()} must be 32 bytes in base64")
        if not all(len(seed) == 32 for seed in self.former_token_seeds()):
            raise SettingsError("FORMER_TOKEN_KEYS are 32 bytes in base64 each")
        if self.document_keys:
            self.master_keys()
        self.pay_to()
        if self.database_url and not self.database_url.startswith(_DATABASE_SCHEMES):
            raise SettingsError("DATABASE_URL is a URL: postgresql://user:password@host/database")
        self._check_urls()
        if self.public_url.endswith("/"):
            raise SettingsError("PUBLIC_URL has no slash at its end")

    def _check_urls(self) -> None:
        if self.mail_url and not self.mail_url.startswith(_MAIL_SCHEMES):
            raise SettingsError("MAIL_URL is smtp://, smtps:// or file:///folder")
        for name, urls in (
            ("rpc_url", [self.rpc_url]),
            ("rpc_urls", self.nodes()),
            ("public_url", [self.public_url]),
            ("public_rpc_url", [self.public_rpc_url] if self.public_rpc_url else []),
        ):
            if not all(url.startswith(("http://", "https://")) for url in urls):
                raise SettingsError(f"{name.upper()} begins with http:// or https://")
        if self.compare_every and len(self.nodes()) < 2:
            raise SettingsError("COMPARE_EVERY needs a second node: add it to RPC_URLS")

    def require(self, *names: str) -> None:
        """Refuse to go on without these settings."""
        missing = [name.upper() for name in names if not getattr(self, name)]
        if missing:
            raise SettingsError(
                f"Please set {', '.join(missing)}."
                " `stellarsettle deploy` prints the contracts', `stellarsettle keys` new keys."
            )

    def master_keys(self) -> MasterKeys:
        """The keys that wrap documents' keys. Raises SettingsError."""
        from api.documents.storage.keys import MasterKeys

        try:
            return MasterKeys.parse(self.document_keys)
        except ValueError as error:
            raise SettingsError(
                "DOCUMENT_KEYS is written 1:base64,2:base64, each key of 32 bytes"
            ) from error

    def pay_to(self) -> BankAccount | None:
        """The account of BANK_ACCOUNT. Raises SettingsError."""
        if not self.bank_account:
            return None
        from api.debtors.bank import BankAccount

        try:
            return BankAccount.parse(self.bank_account)
        except ValueError as error:
            raise SettingsError(f"BANK_ACCOUNT: {error}.") from error

    def nodes(self) -> list[str]:
        """RPC_URL and RPC_URLS, each once."""
        further = (url.strip() for url in self.rpc_urls.split(","))
        return list(dict.fromkeys([self.rpc_url, *filter(None, further)]))

    def token_seed(self) -> bytes:
        """The access tokens' key, 32 bytes."""
        return _decoded(self.token_key)

    def former_token_seeds(self) -> tuple[bytes, ...]:
        """The keys before it, 32 bytes each."""
        return tuple(_decoded(key.strip()) for key in self.former_token_keys.split(",") if key)

    def natural_secret(self) -> bytes:
        """The natural identities' key, 32 bytes."""
        return _decoded(self.natural_key)


def load(environment: Mapping[str, str]) -> Settings:
    """Read the settings from `environment`; raises `SettingsError` naming the one at fault."""
    given = {
        field: environment[field.upper()]
        for field in Settings.__struct_fields__
        if environment.get(field.upper())
    }
    try:
        return msgspec.convert(given, Settings, strict=False)
    except msgspec.ValidationError as error:
        words = re.sub(r"`\$\.(\w+)`", lambda at: at[1].upper(), str(error))
        raise SettingsError(f"A setting is wrong: {words}") from error


def fresh_keys() -> dict[str, str]:
    """New secrets for a platform: challenges, access tokens, natural identities, documents."""
    from stellar_sdk import Keypair

    return {
        "SIGNING_SEED": Keypair.random().secret,
        "TOKEN_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "NATURAL_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "DOCUMENT_KEYS": f"1:{base64.b64encode(secrets.token_bytes(32)).decode()}",
    }


def _is_contract(value: str) -> bool:
    try:
        return strkey.decode(value)[0] == strkey.CONTRACT
    except strkey.InvalidAddressError:
        return False


def _is_seed(value: str) -> bool:
    from stellar_sdk import StrKey

    return StrKey.is_valid_ed25519_secret_seed(value)


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except ValueError:
        return b""
