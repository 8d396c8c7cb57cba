"""Quotes for sellers, what-ifs for investors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from api.database import Database
from api.drafts.rules import of_terms
from api.drafts.schemas import DraftTerms
from api.drafts.service import Drafts
from api.errors import FieldFault, Problem, invalid_field
from api.invoices.ladders import Ladders, written
from api.invoices.schemas import Summary
from api.quotes.pricing import quote
from api.quotes.schemas import (
    QuoteAnswer,
    QuoteRequest,
    StakeOutlook,
    Total,
    WhatIf,
    WhatIfAnswer,
    WhatIfRequest,
)
from api.reads import Meta, read
from api.tokens import Subject
from api.values import decode, encode
from contracts.wire import Address
from projections import details
from projections.analytics.whatif import Rung


def _here(fault: FieldFault) -> FieldFault:
    """Where a fault of a draft's terms is in a quote's."""
    return FieldFault(fault.pointer.removeprefix("/terms"), fault.detail)


class Quotes:
    """Answers of which nothing is kept."""

    def __init__(self, database: Database, ladders: Ladders, drafts: Drafts) -> None:
        self._database = database
        self._ladders = ladders
        self._drafts = drafts

    async def quote(self, by: Subject, wanted: QuoteRequest) -> QuoteAnswer:
        """What terms come to; raises "invalid-field" where nothing could be raised or paid."""
        if wanted.target > wanted.face:
            raise invalid_field("/target", "More than the face cannot be asked for.")
        if wanted.min_raise is not None and wanted.min_raise > wanted.target:
            raise invalid_field("/min_raise", "It cannot be above what is asked for in all.")
        async with self._database.private(by.owner) as connection:
            bounds, meta = await self._drafts.bounds(connection)
        plain = msgspec.to_builtins(wanted, enc_hook=encode)
        terms = msgspec.convert(plain, DraftTerms, dec_hook=decode)
        found = of_terms(terms, bounds, by.address)
        least = wanted.min_raise
        return QuoteAnswer(
            whole=quote(wanted, wanted.target),
            least=None if least is None else quote(wanted, least),
            problems=tuple(_here(one) for one in found),
            meta=meta,
        )

    async def what_if(self, by: Subject, wanted: WhatIfRequest) -> WhatIfAnswer:
        """Stakes beside what somebody holds, each scenario for all at once.

        All as of one ledger. Raises "invalid-field" for an invoice told twice, "not-found" for an
        unknown one, "not-possible" for a stake that is refused, "not-read-yet".
        """
        if len({stake.invoice_id for stake in wanted.stakes}) < len(wanted.stakes):
            raise invalid_field("/stakes", "Each invoice once: put its stakes together.")
        mark, held = await self._ladders.outlook(Address(by.address))
        if not mark.ledger:
            raise Problem("not-read-yet")
        stakes: list[StakeOutlook] = []
        rungs: list[Rung] = []
        for place, stake in enumerate(wanted.stakes):
            try:
                _, found = await self._ladders.of(stake.invoice_id, stake.amount, mark.ledger)
            except Problem as refused:
                detail = f"Stake {place + 1}: {refused.detail}"
                raise Problem(refused.kind.slug, detail, kind=refused.kind) from refused
            rungs += found
            stakes.append(
                StakeOutlook(
                    invoice_id=stake.invoice_id.hex(),
                    amount=str(int(stake.amount)),
                    rungs=[written(rung) for rung in found],
                )
            )
        assets = await self._assets({rung.invoice for rung in (*rungs, *held)})
        before, after = _totals(held, assets), _totals((*held, *rungs), assets)
        body = WhatIf(stakes=stakes, before=before, after=after)
        return WhatIfAnswer(body, Meta(mark.ledger, mark.closed_at))

    async def _assets(self, invoices: Iterable[bytes]) -> dict[bytes, str]:
        async with self._database.public() as connection:
            found = await read(connection, details.summaries(invoices))
        items = msgspec.json.decode(found.body or b"[]", type=tuple[Summary, ...])
        return {bytes.fromhex(one.id): one.asset for one in items}


def _totals(rungs: Iterable[Rung], assets: dict[bytes, str]) -> list[Total]:
    sums: defaultdict[tuple[str, str], list[Rung]] = defaultdict(list)
    for rung in rungs:
        sums[assets[rung.invoice], rung.scenario].append(rung)
    return [
        msgspec.convert(
            {
                "asset": asset,
                "scenario": scenario,
                "stake": str(sum(one.stake for one in some)),
                "receives": str(sum(one.receives for one in some)),
                "gain": str(sum(one.gain for one in some)),
                "last_at": max(one.at for one in some),
            },
            Total,
        )
        for (asset, scenario), some in sums.items()
    ]
