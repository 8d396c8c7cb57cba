"""Sentences that are written elsewhere and shown on pages, for their own catalogue.

`python -m api.web.told` collects them: problems, metrics, actions, what KYC asks. Formulas stay as
they are: they are read with the data dictionary.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from api.kyc.fields import FIELDS
from api.problems.catalogue import KINDS
from api.transactions.actions import ACTIONS
from api.web.language import LANGUAGES, SOURCE, TOLD
from projections.analytics.metric import Reason
from projections.analytics.registry import METRICS


@functools.cache
def sentences() -> Mapping[str, None]:
    """Each once, in the order of their places."""
    return dict.fromkeys(_all())


def _all() -> Iterator[str]:
    for kind in KINDS:
        yield from (kind.title, kind.sentence, kind.remedy)
    for metric in METRICS:
        yield metric.title
        for table in metric.tables:
            for figure in table.figures:
                yield from (figure.title, figure.unit.value)
    yield from (reason.sentence for reason in Reason)
    yield from (action.title for action in ACTIONS.values())
    for fields in FIELDS.values():
        yield from (field.description for field in fields.values())


def collect(folder: Path) -> None:
    """Write each language's catalogue anew; what was translated stays."""
    for code in LANGUAGES:
        if code == SOURCE:
            continue
        path = folder / f"{code}.po"
        before = Catalog(locale=code)
        if path.exists():
            with path.open("rb") as file:
                before = read_po(file, locale=code)
        after = Catalog(locale=code)
        for sentence in sentences():
            known = before.get(sentence)
            after.add(sentence, "" if known is None else known.string)
        with path.open("wb") as file:
            write_po(file, after, sort_output=True, omit_header=True, width=100)


if __name__ == "__main__":
    collect(TOLD)
