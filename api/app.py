"""The application factory: everything is wired here and nothing is global."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, Router
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, Reference, SecurityScheme

from api import health
from api.access import PUBLIC
from api.accounts import routes as accounts
from api.accounts.message import MessageSignIn
from api.accounts.service import SignIn
from api.admin import routes as admin_routes
from api.admin.service import Administration
from api.assets import Assets
from api.audit import routes as audit_routes
from api.config import ApiConfig
from api.dashboard import figures as dashboard_figures
from api.dashboard import routes as dashboard
from api.database import Database
from api.debtors import routes as debtors_routes
from api.debtors.guests import Guests
from api.debtors.passes import Passes
from api.debtors.service import Debtors
from api.documents import routes as documents
from api.documents.papers import routes as papers
from api.documents.papers.desk import Papers
from api.documents.service import documents_of, provider
from api.drafts import routes as drafts_routes
from api.drafts.service import Drafts
from api.errors import handlers
from api.exports import routes as exports_routes
from api.exports.service import Exports
from api.figures import Figures
from api.investments import routes as investments
from api.invoices import routes as invoices
from api.invoices.ladders import Ladders
from api.keys import routes as keys_routes
from api.keys.service import Keys
from api.kyc import routes as kyc_routes
from api.kyc.review import Review
from api.kyc.service import Kyc
from api.ledgers import routes as ledgers
from api.ledgers.comparisons import Comparisons
from api.limits.counters import MemoryCounter, SharedCounter
from api.limits.service import Limiter
from api.live import routes as live
from api.live.hub import Hub
from api.marketplace import routes as marketplace
from api.notifications import routes as notifications
from api.notifications.service import Notifications
from api.notifications.webhooks import Webhooks
from api.organisations import routes as organisations_routes
from api.organisations.service import Organisations
from api.personal import routes as personal
from api.personal.held import Held
from api.problems import routes as problems
from api.profile import routes as profile_routes
from api.profile.service import Profiles
from api.proofs import routes as proofs_routes
from api.proofs.service import Proofs
from api.quotes import routes as quotes_routes
from api.quotes.service import Quotes
from api.reads import provide_at
from api.requests import Edge, JsonRequest, TimeLimit
from api.roles import Roles
from api.seals import Seals
from api.security import COOKIE, Gate, Parts, provide_guest, provide_subject, provide_visitor
from api.sessions import routes as sessions_routes
from api.sessions.service import Sessions
from api.shared import Kept, SharedAnswers, Stamps
from api.staff import routes as staff_routes
from api.staff.service import Staff
from api.stellar import Ledger
from api.todos import routes as todos_routes
from api.todos.service import Waiting
from api.tokens import Tokens
from api.transactions import routes as transactions
from api.transactions.service import Intents
from api.values import DECODERS, ValueSchemas
from api.version import VERSION
from api.watching import routes as watching_routes
from api.watching.service import Watching
from api.web import routes as web
from api.web.errors import answering
from api.web.rendering import Pages
from api.web.site import Site

ROUTERS = [
    health.router,
    accounts.router,
    sessions_routes.router,
    keys_routes.router,
    staff_routes.router,
    audit_routes.router,
    organisations_routes.router,
    kyc_routes.router,
    kyc_routes.staff_router,
    admin_routes.router,
    profile_routes.router,
    problems.router,
    marketplace.router,
    invoices.router,
    investments.router,
    dashboard.router,
    dashboard_figures.router,
    ledgers.router,
    exports_routes.router,
    proofs_routes.router,
    transactions.router,
    web.router,
    documents.router,
    drafts_routes.router,
    watching_routes.router,
    todos_routes.router,
    quotes_routes.router,
    debtors_routes.router,
    debtors_routes.staff_router,
    papers.router,
    personal.router,
    live.router,
    notifications.router,
]
"""Every room's routes."""

_BODY_LIMIT = 64 * 1024
_EXPOSED = [
    "ETag",
    "X-As-Of-Ledger",
    "X-Request-Id",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
]


def create_app(config: ApiConfig) -> Litestar:
    """A service for one network and one pair of contracts; opens its connections on startup."""
    database = Database(
        config.database_url, size=config.pool_size, wait_seconds=config.pool_wait_seconds
    )
    ledger = Ledger(config.rpc_url, config.network_passphrase, waits=config.node_waits)
    tokens, seals = Tokens(config), Seals(config)
    sessions, keys = Sessions(config, database, tokens, seals), Keys(database)
    counter = SharedCounter(database) if config.limits.shared else MemoryCounter()
    limiter = Limiter(config.limits, counter)
    pages = Pages(config, ledger, sessions)
    figures, ladders = Figures(config.database_url), Ladders(config.database_url)
    files = documents_of(config, database)
    stamps = Stamps(config.database_url, seconds=config.pool_wait_seconds)
    hub = Hub(
        config.database_url, database, most=config.live_streams, of_address=config.limits.streams
    )
    roles, intents = Roles(database), Intents(config, database, ledger)
    kyc = Kyc(database, config.master_keys)
    drafts = Drafts(config, database, intents)
    passes = Passes(seals)
    gate = Gate(Parts(tokens, sessions, keys, roles, limiter, passes))
    parts: dict[str, Any] = {
        "config": config,
        "database": database,
        "ledger": ledger,
        "tokens": tokens,
        "sessions": sessions,
        "keys": keys,
        "roles": roles,
        "gate": gate,
        "staff": Staff(database),
        "organisations": Organisations(database),
        "kyc": kyc,
        "debtors": Debtors(config, database, seals, roles),
        "guests": Guests(config, database, seals, passes),
        "passes": passes,
        "administration": Administration(database, ledger, roles),
        "review": Review(database, kyc, roles, intents),
        "profiles": Profiles(database),
        "sign_in": SignIn(config, database, ledger),
        "message_sign_in": MessageSignIn(config, database, ledger, seals),
        "held": Held(database, config.master_keys),
        "hub": hub,
        "limiter": limiter,
        "intents": intents,
        "files": files,
        "watching": Watching(database),
        "waiting": Waiting(database, roles),
        "drafts": drafts,
        "quotes": Quotes(database, ladders, drafts),
        "notifications": Notifications(config, database, seals),
        "papers": Papers(config, database),
        "webhooks": Webhooks(config, database),
        "figures": figures,
        "ladders": ladders,
        "exports": Exports(config.database_url),
        "proofs": Proofs(config.database_url),
        "comparisons": Comparisons(config.database_url),
        "site": Site(pages, database, figures, Assets(ledger), ladders),
    }

    @asynccontextmanager
    async def connections(_: Litestar) -> AsyncIterator[None]:
        await database.open()
        try:
            async with hub.running():
                yield
        finally:
            if files is not None:
                await files.close()
            await stamps.close()
            await ledger.close()
            await database.close()

    app = Litestar(
        route_handlers=ROUTERS,
        dependencies={
            **{name: _always(part) for name, part in parts.items()},
            "at": Provide(provide_at, sync_to_thread=False),
            "subject": Provide(provide_subject, sync_to_thread=False),
            "visitor": Provide(provide_visitor),
            "guest": Provide(provide_guest, sync_to_thread=False),
            "documents": Provide(provider(files), sync_to_thread=False),
        },
        guards=[gate],
        middleware=[
            TimeLimit(config.request_seconds),
            *([SharedAnswers(Kept(config.cache_mb * 2**20), stamps)] if config.cache_mb else []),
        ],
        exception_handlers=handlers(answering(pages)),
        request_class=JsonRequest,
        type_decoders=DECODERS,
        plugins=[ValueSchemas()],
        openapi_config=_openapi(),
        cors_config=_cors(config),
        lifespan=[connections],
        state=State({"hub": hub}),
        request_max_body_size=_BODY_LIMIT,
        logging_config=None,
        debug=False,
    )
    app.asgi_handler = Edge(app.asgi_handler, config, limiter)
    return app


def _always(part: Any) -> Provide:
    return Provide(lambda: part, sync_to_thread=False)


def _cors(config: ApiConfig) -> CORSConfig | None:
    if not config.cors_origins:
        return None
    return CORSConfig(
        allow_origins=list(config.cors_origins),
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
        allow_headers=[
            "Authorization",
            "Content-Digest",
            "Content-Type",
            "Idempotency-Key",
            "If-Match",
            "If-None-Match",
            "Last-Event-ID",
            "Upload-Offset",
        ],
        expose_headers=_EXPOSED,
    )


def _openapi() -> OpenAPIConfig:
    schemes: dict[str, SecurityScheme | Reference] = {
        "bearer": SecurityScheme(
            type="http",
            scheme="bearer",
            bearer_format="JWT",
            description="A token of POST /auth, or an API key",
        ),
        "invited": SecurityScheme(
            type="http",
            scheme="bearer",
            description="A debtor's pass of POST /v1/debtors/pass, for one invitation",
        ),
        "cookie": SecurityScheme(
            type="apiKey",
            name=COOKIE,
            security_scheme_in="cookie",
            description="For pages of this origin; all but GET need X-CSRF-Token too",
        ),
    }
    return OpenAPIConfig(
        title="StellarSettle",
        version=VERSION,
        description=(
            "Invoice financing on Stellar. Reads tell as of which ledger they hold; writes are "
            "unsigned transactions that your wallet signs and submits. Amounts are strings of "
            "digits in base units, times Unix seconds, hashes lower-case hexadecimal. What fails "
            "is a problem (RFC 9457) of one of the kinds at /problems. People sign in with GET and "
            "POST /auth, servers use API keys of POST /v1/keys."
        ),
        components=Components(security_schemes=schemes),
        use_handler_docstrings=True,
        openapi_router=Router("/schema", route_handlers=[], opt=PUBLIC, include_in_schema=False),
        render_plugins=[JsonRenderPlugin(path=["/", "/openapi.json"])],
    )
