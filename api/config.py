"""What the API has to be told. Nothing here reads the environment: `stellarsettle/` does."""

from __future__ import annotations

import msgspec

from api.debtors.bank import BankAccount
from api.documents.config import DocumentsConfig
from api.documents.storage.keys import MasterKeys
from contracts.addresses import token_address
from contracts.wire import Address, Contract


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How many requests a minute are answered; 0 is any number."""

    address: int = 1_200
    """Of one network address (IPv6: one /64)."""
    sign_in: int = 60
    """Of one address, to the routes that sign somebody in."""
    user: int = 1_200
    """Of one account's people together, through whichever sessions, memos and numbers."""
    key: int = 6_000
    """Of one API key."""
    streams: int = 100
    """How many live streams of one network address a process serves at once."""
    shared: bool = False
    """Count in PostgreSQL, for all processes together, rather than in each one's memory."""
    trusted_proxies: int = 0
    """How many proxies of ours stand in front and add to X-Forwarded-For; 0: none."""


LOCAL_PASSPHRASE = "Standalone Network ; February 2017"  # noqa: S105 -- a network's public name
"""The network of a ledger that runs on one machine."""


class ApiConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a process of the API depends on. Secrets are never shown by `repr`."""

    database_url: str
    """PostgreSQL; the session takes the role `stellarsettle_api`."""
    rpc_url: str
    """A stellar-rpc endpoint of the network below."""
    network_passphrase: str
    escrow: Address
    distributor: Address
    home_domain: str
    """The domain whose stellar.toml this is, named in every sign-in challenge."""
    public_url: str
    """Where browsers and wallets find this service: scheme, host, port, no slash at the end."""
    sign_in_seed: str
    """The S... seed that signs SEP-10 challenges. It holds no money and signs nothing else."""
    token_seed: bytes
    """32 bytes: the Ed25519 private key of the bearer tokens."""
    former_token_seeds: tuple[bytes, ...] = ()
    """Keys of tokens before this one, newest first: what they signed stays good until it ends."""
    platform_key: bytes
    """At least 32 bytes: keys the HMAC of natural invoice identities. Never change it."""
    documents: DocumentsConfig | None = None
    """How documents are kept; without it none are taken in."""
    master_keys: MasterKeys | None = None
    """Wrap the keys of personal data; without them none is taken in."""
    cors_origins: tuple[str, ...] = ()
    public_rpc_url: str = ""
    """Where browsers find a node to submit to; empty: nowhere, but for a local ledger."""
    demo_people: str = ""
    """A file of people whose keys everybody may have; only on a local ledger."""
    token_seconds: int = 900
    session_seconds: int = 30 * 86_400
    """How long a sign-in lasts at most."""
    session_idle_seconds: int = 7 * 86_400
    """How long a session may go unused."""
    local_networks: bool = False
    """Whether servers of our own networks may be asked, without TLS: for development only."""
    mail_url: str = ""
    """smtp://, smtps:// or, to look at what would be sent, file:///folder; empty: no mail."""
    mail_from: str = ""
    """Who mail is from; empty: notices@ the home domain."""
    bank_account: BankAccount | None = None
    """Where debtors without a wallet pay; without it none is invited."""
    limits: Limits = Limits()
    request_seconds: float = 30.0
    """How long an answer may take before it is given up; live streams are exempt."""
    node_waits: tuple[float, ...] = (0.05, 0.15, 0.4)
    """Seconds between the tries of one question to the node; then the client is told."""
    transaction_seconds: int = 300
    """How long a built transaction can be submitted, on the ledger's clock."""
    authorization_ledgers: int = 17_280
    """How many ledgers a second signer's authorization is good for: about a day."""
    inclusion_fee_cap: int = 100_000
    """The highest bid for inclusion, in stroops."""
    pool_size: int = 8
    pool_wait_seconds: float = 5.0
    """How long a request waits for a free connection before it is told to come again."""
    cache_mb: int = 32
    """How much of public answers each process keeps until the read models change; 0: none."""
    live_streams: int = 2_000
    """How many streams of hints one process serves at most."""
    ready_lag_ledgers: int = 60
    """Read models further behind the ledger than this make the service not ready."""

    def __post_init__(self) -> None:
        """Refuse keys of the wrong size at start rather than at the first use."""
        if any(len(seed) != 32 for seed in (self.token_seed, *self.former_token_seeds)):
            raise ValueError("token_seed has 32 bytes: generate it with `openssl rand -hex 32`")
        if len(self.platform_key) < 32:
            raise ValueError("platform_key has at least 32 bytes")
        if self.demo_people and self.network_passphrase != LOCAL_PASSPHRASE:
            raise ValueError("demo_people is for a local ledger: their keys belong to everybody")

    def __repr__(self) -> str:
        """The public half only: settings end up in logs."""
        return f"ApiConfig(home_domain={self.home_domain!r}, escrow={self.escrow!r})"

    def address_of(self, contract: Contract, invoice_id: bytes | None = None) -> Address:
        """Where a contract lives; a token has one address per invoice, which must be given."""
        if contract is Contract.TOKEN and invoice_id is not None:
            return token_address(self.network_passphrase, self.escrow, invoice_id)
        return {Contract.ESCROW: self.escrow, Contract.DISTRIBUTOR: self.distributor}[contract]

    @property
    def browser_rpc_url(self) -> str:
        """The node that wallets and pages are told to submit to; empty where none was named.

        `rpc_url` may hold a provider's key: nobody is shown it but on a ledger of this machine.
        """
        local = self.network_passphrase == LOCAL_PASSPHRASE
        return self.public_rpc_url or (self.rpc_url if local else "")

    @property
    def web_auth_domain(self) -> str:
        """Host (and port) of the sign-in endpoint, as wallets compare it."""
        return self.public_url.split("://", 1)[-1]
