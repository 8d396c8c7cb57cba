"""Everything that the platform holds on somebody, in one answer.

A table with rows of people's own is part of it by having a column `owner`: nothing can be
forgotten here. What the chain holds is public, and told by the reads.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from psycopg import sql

from api.access import BY_HAND, UNTIMED
from api.database import Database
from api.errors import documented
from api.security import SIGNED_IN, Subject
from api.tables import metadata

_WHOSE: Final = {
    table.name: column
    for table in metadata.sorted_tables
    for column in ("owner", "viewer")
    if column in table.columns
}
"""Tables with rows about somebody, and the column that says about whom."""
_ROWS: Final = """
    SELECT coalesce(json_agg(to_jsonb(held)), '[]')::text AS rows
    FROM app.{table} AS held WHERE {column} = %s
"""

Held = dict[str, list[dict[str, Any]]]


@get("/data", opt=BY_HAND | UNTIMED, security=SIGNED_IN, summary="All that is held on you",
     responses={200: ResponseSpec(Held, description="Rows by table; bytes as hexadecimal"),
                **documented(401, 403)})  # fmt: skip
async def take_along(
    database: NamedDependency[Database], subject: NamedDependency[Subject]
) -> Response[bytes]:
    """Files are not in it: each of your documents gives its own."""
    held: dict[str, msgspec.Raw] = {}
    async with database.private(subject.owner) as connection:
        for table, column in _WHOSE.items():
            query = sql.SQL(_ROWS).format(
                table=sql.Identifier(table), column=sql.Identifier(column)
            )
            row = await (await connection.execute(query, (subject.owner,))).fetchone()
            held[table] = msgspec.Raw(row["rows"].encode() if row else b"[]")
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": 'attachment; filename="stellarsettle.json"',
    }
    return Response(msgspec.json.encode(held), headers=headers, media_type="application/json")


router = Router("/v1/me", route_handlers=[take_along], tags=["accounts"])
