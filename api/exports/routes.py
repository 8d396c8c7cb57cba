"""Routes of exports: what is on the ledger for everybody, one's own, and all for the staff."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Stream

from api.access import ADMIN, PRIVATE, PUBLIC, STAFF, UNTIMED, only
from api.errors import Problem, documented, invalid_field
from api.exports.schemas import OfferedDataset, OfferedDatasets, OfferedDatasetsAnswer
from api.exports.service import MOST_ROWS, Export, Exports
from api.reads import cache_control
from api.security import SIGNED_IN, Subject
from api.values import AnyAddress
from projections.exporting import registry
from projections.exporting.formats import Format
from projections.exporting.registry import PUBLIC as OPEN

_MEDIA = "application/octet-stream"
_FILE = ResponseSpec(bytes, generate_examples=False, description="The file", media_type=_MEDIA)
Kind = Annotated[Format, QueryParameter(name="format", description="Of the file")]


def _sent(exports: Exports, export: Export, *, past: bool, private: bool) -> Stream:
    headers = {
        "Content-Disposition": f'attachment; filename="{export.file}"',
        "X-As-Of-Ledger": str(export.of.ledger),
        "Cache-Control": cache_control(past=past, private=private),
    }
    return Stream(exports.stream(export), media_type=_MEDIA, headers=headers)


@get("/", opt=PUBLIC, summary="What can be exported", responses=documented())
async def list_datasets() -> Response[OfferedDatasetsAnswer]:
    """Every dataset; its columns, with unit and definition, are in docs/data-dictionary.md."""
    found = tuple(
        OfferedDataset(
            name=name,
            meaning=meaning,
            public=name in OPEN,
            party=registry.find(name).party is not None,
        )
        for name, meaning in registry.names()
    )
    return Response(
        OfferedDatasetsAnswer(
            OfferedDatasets(tuple(kind.value for kind in Format), MOST_ROWS, found)
        )
    )


@get("/{dataset:str}", opt=PUBLIC | UNTIMED, summary="A dataset as a file",
     responses={200: _FILE, **documented(403, 404, 409, 422)})  # fmt: skip
async def get_export(
    dataset: FromPath[str],
    exports: NamedDependency[Exports],
    at: NamedDependency[int | None],
    kind: Kind = Format.CSV,
    address: FromQuery[AnyAddress | None] = None,
) -> Stream:
    """What anybody can read on the ledger, up to 100,000 rows, as of any ledger."""
    if dataset not in OPEN and dataset in dict(registry.names()):
        raise Problem("forbidden", f"{dataset} is for the platform's staff, or about oneself.")
    _require_party(dataset, address)
    export = await exports.begin(dataset, kind, at=at, party=_text(address), most=MOST_ROWS)
    return _sent(exports, export, past=at is not None, private=False)


@get("/mine/{dataset:str}", opt=PRIVATE | UNTIMED, security=SIGNED_IN,
     summary="What is about you as a file",
     responses={200: _FILE, **documented(401, 404, 422)})  # fmt: skip
async def get_own_export(
    dataset: FromPath[str],
    exports: NamedDependency[Exports],
    subject: NamedDependency[Subject],
    at: NamedDependency[int | None],
    kind: Kind = Format.CSV,
) -> Stream:
    """Cash flows, lots, realised income, positions, figures: your own rows, for your books."""
    _require_party(dataset, subject.address, "dataset")
    export = await exports.begin(dataset, kind, at=at, party=subject.address, most=None)
    return _sent(exports, export, past=at is not None, private=True)


@get("/staff/{dataset:str}", opt=only(ADMIN, *STAFF) | UNTIMED, security=SIGNED_IN,
     summary="Any dataset as a file, whole",
     responses={200: _FILE, **documented(401, 404, 422)})  # fmt: skip
async def get_whole_export(
    dataset: FromPath[str],
    exports: NamedDependency[Exports],
    at: NamedDependency[int | None],
    kind: Kind = Format.PARQUET,
    address: FromQuery[AnyAddress | None] = None,
) -> Stream:
    """The loan tape and everything else, of any size; for the platform's staff."""
    _require_party(dataset, address)
    export = await exports.begin(dataset, kind, at=at, party=_text(address), most=None)
    return _sent(exports, export, past=at is not None, private=True)


def _text(address: str | None) -> str | None:
    return None if address is None else str(address)


def _require_party(dataset: str, address: str | None, pointer: str = "?address") -> None:
    """Raises "invalid-field" where rows about an address are wanted and there are none."""
    if address is None or dataset not in dict(registry.names()):
        return
    if registry.find(dataset).party is None:
        raise invalid_field(pointer, f"{dataset} is not about single addresses.")


router = Router(
    "/v1/exports",
    route_handlers=[list_datasets, get_export, get_own_export, get_whole_export],
    tags=["exports"],
)
