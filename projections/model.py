"""What a read model is: a table of rows, and a pure fold for each kind of event that changes it.

A module per business noun declares its models and folds::

    POSITION = Model("position", Position, key=("invoice", "holder"), version=1)

    @POSITION.on(EscrowFunded, reads=lambda event: (POSITION.at(event.id, event.investor),))
    def _funded(view: View, record: Record, event: EscrowFunded) -> Iterable[Position]: ...

A fold sees the state before its event (whatever other models make of the same event), knows no
clock but the ledger's close time, and returns the rows of its own model as they are afterwards.
It is total: where an earlier event is missing (held in quarantine) it returns nothing, and the
hole is visible in the sequence numbers.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Generic, TypeAlias, TypeVar

import msgspec

from contracts.wire import Contract, Event

Key: TypeAlias = tuple[Any, ...]
"""Values of a model's key fields, in their order."""


class Wide:
    """Marks an integer that 64 bits may not hold: numeric in the database."""


Big: TypeAlias = Annotated[int, Wide]
"""An integer without bounds of ours: scaled accrual, sums over invoices, unbounded payments."""


class Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Base of all rows: immutable, key fields first, encoded as an array for digests."""


class Mark(msgspec.Struct, frozen=True, gc=False):
    """A ledger known whole: its number and close time (Unix seconds)."""

    ledger: int
    closed_at: int


class Record(msgspec.Struct, frozen=True, gc=False):
    """An event with its place: (position, index) is its unique, ordered id for all time.

    `position` is the TOID: ledger << 32 | transaction << 12 | operation; `index` counts the
    events of that operation.
    """

    contract: Contract
    event: Event
    mark: Mark
    position: int
    index: int
    tx_hash: bytes


RowT = TypeVar("RowT", bound=Row)
EventT = TypeVar("EventT", bound=Event)


class UndeclaredReadError(LookupError):
    """A fold looked at a row that its `reads` did not declare: mend the declaration."""


class View:
    """The rows a fold may look at: those its `reads` declared, as they were before the event."""

    def __init__(self, rows: Mapping[Model[Any], Mapping[Key, Row | None]]) -> None:
        self._rows = rows

    def find(self, model: Model[RowT], *key: object) -> RowT | None:
        """The row of `model` at `key`, or None. Raises UndeclaredReadError if not declared."""
        rows = self._rows[model]
        try:
            return rows[key]  # type: ignore[return-value]  # the rows under a model are its own
        except KeyError:
            if model.resident:
                return None
            raise UndeclaredReadError(
                f"{model.name}{key!r} is not among the fold's reads"
            ) from None


Read: TypeAlias = "tuple[Model[Any], Key]"
Reads: TypeAlias = Callable[[EventT], Iterable[Read]]
Fold: TypeAlias = Callable[[View, Record, EventT], Iterable[RowT]]


class Rule(msgspec.Struct, frozen=True):
    """What a model does with one kind of event."""

    reads: Callable[[Any], Iterable[Read]]
    fold: Callable[[View, Record, Any], Iterable[Row]]


class Model(Generic[RowT]):
    """A table of rows and the folds that change it.

    - `key`: names of the key fields, the first fields of the row.
    - `version`: of the folds; raising it starts a new digest chain and demands a rebuild.
    - `append_only`: rows are facts, written once and never changed. They carry the `position` of
      the event they come from, which is their history; other models keep each version.
    - `resident`: few rows (contracts, assets, roles); kept in memory whole, so that folds may read
      keys they learn only from other rows.
    """

    def __init__(
        self,
        name: str,
        row: type[RowT],
        *,
        key: tuple[str, ...],
        version: int,
        append_only: bool = False,
        resident: bool = False,
    ) -> None:
        fields = tuple(field.name for field in msgspec.structs.fields(row))
        if fields[: len(key)] != key:
            raise TypeError(f"{name}: the key fields {key} must be the row's first fields")
        if append_only and "position" not in fields:
            raise TypeError(f"{name}: a fact must carry the position of its event")
        self.name = name
        self.row = row
        self.key = key
        self.version = version
        self.append_only = append_only
        self.resident = resident
        self.rules: dict[type[Event], Rule] = {}
        self.key_of: Callable[[RowT], Key] = _key_getter(key)

    def at(self, *key: object) -> Read:
        """Names one row, for `reads`."""
        return self, key

    def on(
        self, event: type[EventT], *, reads: Reads[EventT] = lambda _: ()
    ) -> Callable[[Fold[EventT, RowT]], Fold[EventT, RowT]]:
        """Registers the fold of one kind of event; `reads` names every row it looks at."""

        def register(fold: Fold[EventT, RowT]) -> Fold[EventT, RowT]:
            if event in self.rules:
                raise TypeError(f"{self.name} has two folds for {event.__name__}")
            self.rules[event] = Rule(reads, fold)
            return fold

        return register

    def __repr__(self) -> str:
        return f"Model({self.name!r}, version={self.version})"


def _key_getter(key: tuple[str, ...]) -> Callable[[Any], Key]:
    get = operator.attrgetter(*key)
    return get if len(key) > 1 else lambda row: (get(row),)
