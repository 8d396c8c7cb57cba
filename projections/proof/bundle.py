"""The bundle of a proof: a JSON document with its format's version in it (docs/read-models.md)."""

from __future__ import annotations

import enum
import hashlib
import re
from collections.abc import Iterable
from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec

from contracts.wire import Address, Contract
from projections.model import Mark, Model
from projections.registry import MODELS

FORMAT: Final = "stellarsettle-proof"
VERSION: Final = 1
_ID: Final = re.compile("[0-9a-fA-F]{64}")

Kind: TypeAlias = Literal["invoice", "position", "platform"]


class Refusal(enum.StrEnum):
    """Why a bundle proves nothing: the word goes before the sentence."""

    FORMAT = "not-a-bundle"
    VERSION = "other-version"
    FOLDS = "other-folds"
    DIGEST = "wrong-digest"
    NETWORK = "other-network"
    HISTORY = "other-history"
    ORDER = "out-of-order"
    UNREADABLE = "unreadable-event"
    FOREIGN = "foreign-event"
    DROPPED = "dropped-event"
    ADDED = "added-event"
    CHANGED = "changed-event"
    FIGURE = "wrong-figure"
    STATE = "wrong-state"
    LEDGER = "unreadable-ledger"
    BEYOND = "beyond-the-source"


class RefusedError(Exception):
    """The bundle is not what the ledger says, or not a bundle; `refusal` is the kind of it."""

    def __init__(self, refusal: Refusal, sentence: str) -> None:
        super().__init__(f"{refusal}: {sentence}")
        self.refusal = refusal


class Subject(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the numbers are about; `invoice` in lower-case hex, `holder` a strkey."""

    kind: Kind
    invoice: str | None = None
    holder: Address | None = None

    def __post_init__(self) -> None:
        """Raises ValueError where a part is missing, malformed or one too many."""
        if (self.invoice is not None) != (self.kind != "platform"):
            raise ValueError(f"a proof of kind {self.kind} names no invoice, or needs one")
        if (self.holder is not None) != (self.kind == "position"):
            raise ValueError(f"a proof of kind {self.kind} names no holder, or needs one")
        if self.invoice is not None and not _ID.fullmatch(self.invoice):
            raise ValueError(f"{self.invoice!r} is no invoice's id: 64 hexadecimal digits")

    @property
    def id(self) -> bytes | None:
        """The invoice's id, None for the platform."""
        return None if self.invoice is None else bytes.fromhex(self.invoice)


_Ledger = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
_Seconds = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]


class LedgerEvent(msgspec.Struct, frozen=True):
    """An event with its place: `transaction` counts from 1 in its ledger, `index` from 0.

    `xdr` is a ContractEventV0 (topics and data), `tx_hash` hex, `closed_at` its ledger's close time
    in Unix seconds.
    """

    ledger: _Ledger
    transaction: Annotated[int, msgspec.Meta(ge=0, lt=2**20)]
    operation: Annotated[int, msgspec.Meta(ge=0, lt=2**12)]
    index: Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
    contract: Contract
    closed_at: _Seconds
    tx_hash: str
    xdr: bytes

    @property
    def position(self) -> int:
        """Its TOID: ledger << 32 | transaction << 12 | operation."""
        return self.ledger << 32 | self.transaction << 12 | self.operation

    @property
    def name(self) -> str:
        """Its id as in getEvents."""
        return f"{self.position:019d}-{self.index:010d}"


class Header(msgspec.Struct, frozen=True):
    """SHA-256 (hex) of the header of a ledger."""

    ledger: int
    hash: str


class OwnLedger(msgspec.Struct, frozen=True):
    """A whole ledger: LedgerCloseMeta as XDR."""

    ledger: int
    xdr: bytes


class Figure(msgspec.Struct, frozen=True):
    """One number: `value` follows by `formula` from `inputs`, or is null for a reason.

    `name` is unique in its bundle; `inputs` are fields of the rows by their names, or the read
    models that a metric is worked out from.
    """

    name: str
    formula: str
    unit: str
    inputs: dict[str, str]
    value: str | bool | None
    null_reason: str | None = None


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    """A proof of `figures` about `subject` as of the end of ledger `ledger`.

    `events` are all events about the subject up to then, from `first_ledger` on. `folds`: versions
    of the read models' folds. `headers`: of ledgers whose hash was known; `ledgers`: those that
    hold the events, if they were asked for. `state`: digest of what the events fold to, `digest`:
    SHA-256 of this document with an empty `digest`; both hex.
    """

    format: str = FORMAT
    version: int = VERSION
    network: str
    escrow: Address
    distributor: Address
    subject: Subject
    ledger: _Ledger
    closed_at: _Seconds
    first_ledger: _Ledger
    folds: dict[str, int]
    events: list[LedgerEvent]
    headers: list[Header]
    ledgers: list[OwnLedger]
    figures: list[Figure]
    state: str
    digest: str = ""

    @property
    def mark(self) -> Mark:
        """The ledger the figures hold for."""
        return Mark(self.ledger, self.closed_at)


class _Head(msgspec.Struct):
    format: str
    version: int


def folds(models: Iterable[Model[Any]] = MODELS) -> dict[str, int]:
    """The versions of the folds that this program has."""
    return {model.name: model.version for model in models}


def sealed(bundle: Bundle) -> Bundle:
    """The bundle with the digest of its content."""
    return msgspec.structs.replace(bundle, digest=_digest(bundle))


def encoded(bundle: Bundle) -> bytes:
    """The document: JSON, bytes in base64."""
    return msgspec.json.format(msgspec.json.encode(bundle), indent=1) + b"\n"


def opened(document: bytes) -> Bundle:
    """The bundle in a document, its format, versions and digest checked. Raises RefusedError."""
    try:
        head = msgspec.json.decode(document, type=_Head)
    except (ValueError, RecursionError) as error:
        raise RefusedError(Refusal.FORMAT, f"the file is no proof: {error}") from error
    if head.format != FORMAT:
        raise RefusedError(Refusal.FORMAT, f"the file is a {head.format!r}, not a {FORMAT!r}")
    if head.version != VERSION:
        raise RefusedError(
            Refusal.VERSION, f"the bundle has version {head.version}, this program reads {VERSION}"
        )
    try:
        bundle = msgspec.json.decode(document, type=Bundle)
    except (ValueError, RecursionError) as error:
        raise RefusedError(Refusal.FORMAT, f"the bundle is malformed: {error}") from error
    if bundle.digest != (content := _digest(bundle)):
        raise RefusedError(
            Refusal.DIGEST, f"the bundle names digest {bundle.digest}, its content has {content}"
        )
    if bundle.folds != folds():
        other = sorted(set(bundle.folds.items()) ^ set(folds().items()))
        raise RefusedError(
            Refusal.FOLDS, f"the bundle was made by other folds than this program's: {other}"
        )
    return bundle


def _digest(bundle: Bundle) -> str:
    content = msgspec.json.encode(msgspec.structs.replace(bundle, digest=""))
    return hashlib.sha256(content).hexdigest()
