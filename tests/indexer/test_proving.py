"""A number proven from the database holds without it; whatever is changed in a bundle is named."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import msgspec
import psycopg
import pytest

from contracts.wire import Address
from indexer import proving
from indexer.decode import decode_all
from indexer.identity import require_network
from indexer.rpc import RpcClient
from indexer.sources.events import EventSource
from indexer.sources.protocol import RawEvent
from projections.engine import Engine
from projections.history import NotFoldedError
from projections.proof.bundle import (
    Bundle,
    Refusal,
    RefusedError,
    Subject,
    encoded,
    folds,
    opened,
    sealed,
)
from projections.proof.derivation import derive
from projections.proof.events import UnprovableError
from tests.indexer import synthetic
from tests.indexer.node import Node, serving
from tests.indexer.support import write

NETWORK = "A network of one's own"


@pytest.fixture(scope="module")
def events() -> list[RawEvent]:
    return synthetic.ledgers(41, synthetic.story(41, 6))


@pytest.fixture
def connection(database: str, events: list[RawEvent]) -> Iterator[psycopg.Connection]:
    """To a database that holds `events`."""
    write(database, events, 30)
    with psycopg.connect(database, autocommit=True) as opened:
        require_network(opened, NETWORK)
        yield opened


def _invoices(connection: psycopg.Connection) -> list[str]:
    rows = connection.execute("SELECT encode(invoice, 'hex') FROM read.terms ORDER BY 1")
    return [invoice for (invoice,) in rows]


def _holders(connection: psycopg.Connection, invoice: str) -> list[Address]:
    rows = connection.execute(
        "SELECT address FROM read.position JOIN read.address ON id = holder"
        " WHERE invoice = decode(%s, 'hex') ORDER BY 1",
        (invoice,),
    )
    return [Address(holder) for (holder,) in rows]


def _values(bundle: Bundle) -> dict[str, str | bool | None]:
    return {figure.name: figure.value for figure in bundle.figures}


def test_every_proof_holds_without_the_database(
    connection: psycopg.Connection, events: list[RawEvent]
) -> None:
    ledgers = sorted({event.ledger for event in events})
    for invoice in _invoices(connection):
        subjects = [Subject("invoice", invoice)]
        subjects += [Subject("position", invoice, who) for who in _holders(connection, invoice)[:1]]
        for subject in subjects:
            document = encoded(proving.prove(connection, subject).bundle)
            done = proving.check(document, network=NETWORK)
            assert done.bundle == opened(document)
            assert (done.own_ledgers, done.source) == (0, False)
    for ledger in (ledgers[3], ledgers[len(ledgers) // 2], ledgers[-1]):
        proof = proving.prove(connection, Subject("platform"), ledger)
        assert proof.bundle.state == Engine().digest(connection, ledger).hex()
        proving.check(encoded(proof.bundle))
        assert proof.bundle.events[-1].ledger <= ledger


def test_figures_are_those_of_the_rows(connection: psycopg.Connection) -> None:
    (invoice, *_) = _invoices(connection)
    holder = _holders(connection, invoice)[0]
    of_invoice = _values(proving.prove(connection, Subject("invoice", invoice)).bundle)
    of_position = _values(proving.prove(connection, Subject("position", invoice, holder)).bundle)
    row = connection.execute(
        "SELECT raised::text, supply::text, (face - paid)::text FROM read.invoice"
        " JOIN read.terms USING (invoice) WHERE invoice = decode(%s, 'hex')",
        (invoice,),
    ).fetchone()
    assert (of_invoice["raised"], of_invoice["supply"], of_invoice["outstanding"]) == row
    assert of_invoice["amount_due"] == "0"
    row = connection.execute(
        "SELECT shares::text, received::text, (received + refunded - paid_in)::text"
        " FROM read.position JOIN read.address ON id = holder"
        " WHERE invoice = decode(%s, 'hex') AND address = %s",
        (invoice, holder),
    ).fetchone()
    assert (of_position["shares"], of_position["received"], of_position["net"]) == row


def test_what_cannot_be_vouched_for_is_not_proven(
    connection: psycopg.Connection, events: list[RawEvent]
) -> None:
    invoice = Subject("invoice", _invoices(connection)[0])
    with pytest.raises(NotFoldedError, match="the newest that is folded"):
        proving.prove(connection, invoice, events[-1].ledger + 1)
    with pytest.raises(UnprovableError, match="nothing is known of this invoice"):
        proving.prove(connection, invoice, synthetic.START_LEDGER)
    with pytest.raises(UnprovableError, match="nothing is known of this invoice"):
        proving.prove(connection, Subject("invoice", "00" * 32))
    nobody = synthetic.address("nobody")
    with pytest.raises(UnprovableError, match="no such position"):
        proving.prove(connection, Subject("position", invoice.invoice, nobody))
    connection.execute("UPDATE read.invoice SET paid = paid - 1")
    with pytest.raises(UnprovableError, match="say anything else"):
        proving.prove(connection, invoice)
    connection.execute(
        "INSERT INTO ledger.quarantine SELECT position, index, 'odd' FROM ledger.event LIMIT 1"
    )
    with pytest.raises(UnprovableError, match="whole up to ledger"):
        proving.prove(connection, invoice)


@pytest.mark.parametrize("about", [("invoice",), ("invoice", "ab" * 32, "G"), ("platform", "ab")])
def test_a_subject_is_whole(about: tuple[str, ...]) -> None:
    with pytest.raises((ValueError, msgspec.ValidationError)):
        msgspec.convert(dict(zip(("kind", "invoice", "holder"), about, strict=False)), Subject)


def _changed_amount(bundle: Bundle) -> Bundle:
    """A stake is one unit larger, the document sealed anew."""
    place = next(
        place for place, event in enumerate(bundle.events) if b"escrow_funded" in event.xdr
    )
    event = bundle.events[place]
    (record,) = decode_all([proving.raw(event)]).records
    body = synthetic.body_of(
        msgspec.structs.replace(record.event, amount=record.event.amount + 1)  # type: ignore[attr-defined]
    )
    changed = msgspec.structs.replace(event, xdr=body)
    return _with(bundle, events=[*bundle.events[:place], changed, *bundle.events[place + 1 :]])


def _with(bundle: Bundle, **changes: object) -> Bundle:
    return sealed(msgspec.structs.replace(bundle, **changes))


def _without(bundle: Bundle, name: bytes, which: int) -> Bundle:
    """Lacks one event of a kind; the document is sealed anew."""
    place = [place for place, event in enumerate(bundle.events) if name in event.xdr][which]
    return _with(bundle, events=[*bundle.events[:place], *bundle.events[place + 1 :]])


def _another_invoices(bundle: Bundle) -> Bundle:
    first = bundle.events[0]
    (record,) = decode_all([proving.raw(first)]).records
    body = synthetic.body_of(msgspec.structs.replace(record.event, id=bytes(32)))
    return _with(bundle, events=[msgspec.structs.replace(first, xdr=body), *bundle.events[1:]])


def _other_value(bundle: Bundle) -> Bundle:
    first = msgspec.structs.replace(bundle.figures[0], value="1")
    return _with(bundle, figures=[first, *bundle.figures[1:]])


_FORGERIES: list[tuple[Refusal, str, Callable[[Bundle], Bundle]]] = [
    (Refusal.DIGEST, "its content has", lambda b: msgspec.structs.replace(b, closed_at=1)),
    (Refusal.VERSION, "has version 2", lambda b: _with(b, version=2)),
    (Refusal.FORMAT, "is a 'letter'", lambda b: _with(b, format="letter")),
    (Refusal.FOLDS, "other folds", lambda b: _with(b, folds=b.folds | {"invoice": 99})),
    (Refusal.NETWORK, "'Elsewhere', not", lambda b: _with(b, network="Elsewhere")),
    (Refusal.CHANGED, "the events before it give", _changed_amount),
    (Refusal.DROPPED, "event number 2 of", lambda b: _without(b, b"invoice_approved", 0)),
    (Refusal.DROPPED, "distributor contract", lambda b: _without(b, b"payout", 0)),
    (Refusal.FIGURE, "the events give", lambda b: _without(b, b"payout", -1)),
    (Refusal.DROPPED, "is missing", lambda b: _without(b, b"funding_closed", 0)),
    (Refusal.CHANGED, "share_transferred .* an event before it is missing",
     lambda b: _without(b, b"share_transferred", 0)),
    (Refusal.ADDED, "is there twice", lambda b: _with(b, events=[b.events[0], *b.events])),
    (Refusal.ORDER, "stands after", lambda b: _with(b, events=b.events[::-1])),
    (Refusal.FOREIGN, "about something else", _another_invoices),
    (Refusal.FIGURE, "is claimed as 1", _other_value),
    (Refusal.FIGURE, "is claimed as nothing", lambda b: _with(b, figures=b.figures[1:])),
    (Refusal.STATE, "its events fold to", lambda b: _with(b, state="00" * 32)),
    (Refusal.ADDED, "is not of ledgers", lambda b: _with(b, ledger=b.events[-1].ledger - 1)),
    (Refusal.UNREADABLE, "Scval", lambda b: _with(b, events=[
        msgspec.structs.replace(b.events[0], xdr=b.events[0].xdr[:-4]), *b.events[1:]])),
    (Refusal.FORMAT, "malformed", lambda b: _with(b, events=[
        msgspec.structs.replace(b.events[0], tx_hash="zz"), *b.events[1:]])),
    (Refusal.DROPPED, "no such invoice", lambda b: _with(b, events=[])),
]  # fmt: skip


@pytest.fixture(scope="module")
def bundle(events: list[RawEvent]) -> Bundle:
    """Of an invoice, made without a database."""
    return _of_events(events)


def _of_events(events: list[RawEvent]) -> Bundle:
    decoded = decode_all(events).records
    invoice = next(record.event.id for record in decoded if hasattr(record.event, "id"))
    chosen = [
        (raw, record)
        for raw, record in zip(events, decoded, strict=True)
        if getattr(record.event, "id", None) == invoice
    ]
    last = events[-1]
    empty = Bundle(
        network=NETWORK,
        escrow=synthetic.DEPLOYMENT.escrow,
        distributor=synthetic.DEPLOYMENT.distributor,
        subject=Subject("invoice", invoice.hex()),
        ledger=last.ledger,
        closed_at=last.closed_at,
        first_ledger=chosen[0][0].ledger,
        folds=folds(),
        events=[proving.bundled(raw) for raw, _ in chosen],
        headers=[],
        ledgers=[],
        figures=[],
        state="",
    )
    derived = derive(empty.subject, empty.mark, [record for _, record in chosen])
    return _with(empty, figures=derived.figures, state=derived.state)


@pytest.mark.parametrize(
    ("refusal", "words", "forge"), _FORGERIES, ids=[f"{r}-{w}" for r, w, _ in _FORGERIES]
)
def test_a_forgery_is_refused_by_name(
    bundle: Bundle, refusal: Refusal, words: str, forge: Callable[[Bundle], Bundle]
) -> None:
    assert proving.check(encoded(bundle), network=NETWORK).bundle == bundle
    with pytest.raises(RefusedError, match=words) as refused:
        proving.check(encoded(forge(bundle)), network=NETWORK)
    assert refused.value.refusal is refusal
    assert str(refused.value).startswith(f"{refusal}: ")


@pytest.mark.parametrize("document", [b"", b"{}", b"[1]", b'{"format": "stellarsettle-proof"}'])
def test_what_is_no_bundle_is_refused(document: bytes) -> None:
    with pytest.raises(RefusedError, match="the file is no proof"):
        proving.check(document)


def _platform(bundle: Bundle, events: list[RawEvent]) -> Bundle:
    """A bundle in which nothing contradicts anything: only the ledger can tell what it lacks."""
    subject = Subject("platform")
    raw = [event for event in events if event.ledger <= bundle.ledger]
    records = decode_all(raw).records
    derived = derive(subject, bundle.mark, records)
    return _with(
        bundle,
        subject=subject,
        first_ledger=synthetic.START_LEDGER,
        events=[proving.bundled(event) for event in raw],
        figures=derived.figures,
        state=derived.state,
    )


def _against(node: Node, bundle: Bundle) -> proving.Checked:
    with serving(node) as running, RpcClient(running.url) as client:
        return proving.check(
            encoded(bundle),
            source=lambda claimed: EventSource(client, proving.deployment_of(claimed)),
        )


def test_a_source_of_ledgers_is_compared(bundle: Bundle, events: list[RawEvent]) -> None:
    assert _against(Node(events, events[-1].ledger), bundle).source
    last_invoice = decode_all(events).records[-1].event.id  # type: ignore[attr-defined]
    less = [
        raw
        for raw, record in zip(events, decode_all(events).records, strict=True)
        if getattr(record.event, "id", None) != last_invoice
    ]
    whole, lacking = _platform(bundle, events), _platform(bundle, less)
    assert not proving.check(encoded(lacking)).source, "by itself nothing is wrong with it"
    _against(Node(events, events[-1].ledger), whole)
    with pytest.raises(RefusedError, match="dropped-event: the ledger holds event"):
        _against(Node(events, events[-1].ledger), lacking)
    with pytest.raises(RefusedError, match="added-event: the ledger holds no event"):
        _against(Node(less, events[-1].ledger), whole)
    moved = [msgspec.structs.replace(event, tx_hash=bytes(32)) for event in events]
    with pytest.raises(RefusedError, match=r"changed-event: event .* is another in the ledger"):
        _against(Node(moved, events[-1].ledger), whole)
    with pytest.raises(RefusedError, match="beyond-the-source: the source ends at ledger"):
        _against(Node(events, events[-1].ledger - 5), whole)


def test_a_proof_is_made_by_one_who_may_only_read(
    database: str, connection: psycopg.Connection
) -> None:
    """The API may serve proofs: its role is enough."""
    invoice = Subject("invoice", _invoices(connection)[0])
    with psycopg.connect(database, autocommit=True, options="-c role=stellarsettle_api") as api:
        assert proving.prove(api, invoice).bundle == proving.prove(connection, invoice).bundle
        api.execute("SELECT 1")
        assert api.read_only is None


def test_writing_goes_on_while_a_proof_is_made(database: str, events: list[RawEvent]) -> None:
    write(database, events[: len(events) // 2], 30)
    with psycopg.connect(database, autocommit=True) as connection:
        require_network(connection, NETWORK)
        done = threading.Event()
        proofs = []

        def prove() -> None:
            while not done.is_set():
                proofs.append(proving.prove(connection, Subject("platform")))

        thread = threading.Thread(target=prove)
        thread.start()
        write(database, events, 7)
        done.set()
        thread.join()
        proofs.append(proving.prove(connection, Subject("platform")))
    for proof in (proofs[0], proofs[-1]):
        proving.check(encoded(proof.bundle))
    assert proofs[-1].bundle.ledger == events[-1].ledger
