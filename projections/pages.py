"""Pages of facts, the newest first, from a keyset: any page costs what the first costs."""

from __future__ import annotations

import re
from typing import Any, Final

from projections.query import CursorError, Query, single

LARGEST: Final = 100
"""Items on the largest page."""

_CURSOR: Final = re.compile(r"(\d{1,19})-(\d{1,10})")
_BEGINNING: Final = f"{2**63 - 1}-0"
_NEXT: Final = "(array_agg(page.position || '-' || page.event_index))[%(limit)s::int]"


def statement(item: str, source: str, alias: str, condition: str) -> str:
    """SQL for a page of `source` where `condition` holds; `item` is a JSON expression for a row.

    `alias` is what has the position in `source`, which is what stands behind FROM.
    """
    page = f"""
        SELECT {item} AS item, {alias}.position, {alias}.event_index
        FROM {source}
        WHERE {condition}
          AND ({alias}.position, {alias}.event_index)
              < (%(before_position)s::bigint, %(before_index)s::bigint)
        ORDER BY {alias}.position DESC, {alias}.event_index DESC
        LIMIT %(limit)s::int
    """  # noqa: S608  # our own constants; values travel as parameters
    return single(f"""
        SELECT json_build_object(
            'items', coalesce(json_agg(page.item), '[]'::json), 'next', {_NEXT}
        ) FROM ({page}) AS page
    """)  # noqa: S608


def page(statement: str, about: dict[str, Any], limit: int, after: str | None) -> Query:
    """A page of a `statement`: `items`, and `next` (null at the end); never null.

    `limit`: 1 to 100. `after`: the `next` of the page before. Raises CursorError for anything else,
    ValueError for a limit out of bounds.
    """
    if not 1 <= limit <= LARGEST:
        raise ValueError(f"a page has 1 to {LARGEST} items, not {limit}")
    match = _CURSOR.fullmatch(_BEGINNING if after is None else after)
    if match is None or int(match[1]) >= 2**63:
        raise CursorError(f"{after!r} is no cursor of this list: start from the first page")
    place = {"before_position": int(match[1]), "before_index": int(match[2]), "limit": limit}
    return Query(statement, about | place)
