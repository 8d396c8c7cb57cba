"""The application factory: everything is wired here and nothing is global."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, Router
from litestar.config.cors import CORSConfig
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from api import health
from api.accounts import routes as accounts
from api.accounts.service import SignIn
from api.config import ApiConfig
from api.dashboard import routes as dashboard
from api.database import Database
from api.errors import HANDLERS
from api.investments import routes as investments
from api.invoices import routes as invoices
from api.marketplace import routes as marketplace
from api.problems import routes as problems
from api.requests import HeadAsGet, JsonRequest, RequestIdMiddleware
from api.security import PUBLIC, BearerMiddleware, Tokens, provide_subject, require_sign_in
from api.stellar import Ledger
from api.transactions import routes as transactions
from api.transactions.service import Intents
from api.values import DECODERS, ValueSchemas
from api.version import VERSION

_BODY_LIMIT = 64 * 1024
_EXPOSED = ["ETag", "X-As-Of-Ledger", "X-Request-Id", "Location"]


def create_app(config: ApiConfig) -> Litestar:
    """A service for one network and one pair of contracts; opens its connections on startup."""
    database = Database(
        config.database_url, size=config.pool_size, wait_seconds=config.pool_wait_seconds
    )
    ledger = Ledger(config.rpc_url, config.network_passphrase, waits=config.node_waits)
    tokens = Tokens(config)
    parts: dict[str, Any] = {
        "config": config,
        "database": database,
        "ledger": ledger,
        "tokens": tokens,
        "sign_in": SignIn(config, database, ledger),
        "intents": Intents(config, database, ledger),
    }

    @asynccontextmanager
    async def connections(_: Litestar) -> AsyncIterator[None]:
        await database.open()
        try:
            yield
        finally:
            await ledger.close()
            await database.close()

    app = Litestar(
        route_handlers=[
            health.router,
            accounts.router,
            problems.router,
            marketplace.router,
            invoices.router,
            investments.router,
            dashboard.router,
            transactions.router,
        ],
        dependencies={
            **{name: _always(part) for name, part in parts.items()},
            "subject": Provide(provide_subject, sync_to_thread=False),
        },
        guards=[require_sign_in],
        middleware=[RequestIdMiddleware(), BearerMiddleware(tokens)],
        exception_handlers=HANDLERS,
        request_class=JsonRequest,
        type_decoders=DECODERS,
        plugins=[ValueSchemas()],
        openapi_config=_openapi(),
        cors_config=_cors(config),
        lifespan=[connections],
        request_max_body_size=_BODY_LIMIT,
        logging_config=None,
        debug=False,
    )
    # Around the router: methods are matched there, before any middleware of a route runs.
    app.asgi_handler = HeadAsGet(app.asgi_handler)
    return app


def _always(part: Any) -> Provide:
    return Provide(lambda: part, sync_to_thread=False)


def _cors(config: ApiConfig) -> CORSConfig | None:
    if not config.cors_origins:
        return None
    return CORSConfig(
        allow_origins=list(config.cors_origins),
        allow_methods=["GET", "POST", "OPTIONS"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-None-Match"],
        expose_headers=_EXPOSED,
    )


def _openapi() -> OpenAPIConfig:
    bearer = SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")
    return OpenAPIConfig(
        title="StellarSettle",
        version=VERSION,
        description=(
            "Invoice financing on Stellar. Reads tell as of which ledger they hold; writes are "
            "unsigned transactions that your wallet signs and submits. Amounts are strings of "
            "digits in base units, times Unix seconds, hashes lower-case hexadecimal."
        ),
        components=Components(security_schemes={"bearer": bearer}),
        openapi_router=Router("/schema", route_handlers=[], opt=PUBLIC, include_in_schema=False),
        render_plugins=[JsonRenderPlugin(path=["/", "/openapi.json"])],
    )
