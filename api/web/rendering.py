"""From a template and values to a response: words, numbers, headers that keep browsers careful."""

from __future__ import annotations

import asyncio
import csv
import functools
import gettext
import io
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response
from markupsafe import Markup

from api.config import ApiConfig
from api.errors import Problem
from api.reads import Read
from api.security import Subject
from api.sessions.service import Sessions
from api.stellar import Ledger
from api.version import VERSION
from api.web import demo, language, names, packing, told
from api.web.charts import Chart
from api.web.numbers import NONE, PlainWriter, Writer, browser, label, short
from api.web.static import FILES

_TEMPLATES = Path(__file__).parent / "templates"
_FRESH_SECONDS = 1.0
_STALE_LEDGERS = 3
_LATE_SECONDS = 60
AS_OF = "as_of"
"""What an address says to have a page as of a ledger of the past."""
_REFUSED = 400
"""The first status of answers that refuse: a refusal is always a page."""
_FILE = "file"
"""What an address says after its `?` to have the values of one of the page's figures as a file."""


class Standing(msgspec.Struct, frozen=True):
    """As of which ledger a page holds, and how far behind the network's newest that is.

    `lag` is None while nothing is known of the network; `silent` if its node does not answer;
    `past`: the reader asked for that ledger.
    """

    ledger: int
    time: int
    lag: int | None
    silent: bool
    past: bool = False

    @property
    def stale(self) -> bool:
        """Whether the reader must be told."""
        return self.lag is not None and self.lag > _STALE_LEDGERS and not self.past


class Tip:
    """The newest ledger that the node knows, asked in the background: no page waits for it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._newest: int | None = None
        self.silent = False
        """Whether the node was asked and did not answer."""
        self._asked_at = -_FRESH_SECONDS
        self._task: asyncio.Task[None] | None = None

    def newest(self) -> int | None:
        """What was last heard; None while the node does not answer."""
        if time.monotonic() - self._asked_at > _FRESH_SECONDS and self._task is None:
            self._task = asyncio.create_task(self._ask())
        return self._newest

    async def _ask(self) -> None:
        try:
            self._newest = (await self._ledger.health()).latest_ledger
            self.silent = False
        except Problem:
            self._newest, self.silent = None, True
        finally:
            self._asked_at, self._task = time.monotonic(), None


class Pages:
    """Renders templates; one of it lives as long as the application."""

    def __init__(self, config: ApiConfig, ledger: Ledger, sessions: Sessions) -> None:
        self._tip = Tip(ledger)
        self._sessions = sessions
        self._headers = {
            "Content-Security-Policy": content_policy(config.browser_rpc_url),
            "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
            "Referrer-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        }
        self._shared = {
            "version": VERSION,
            "escrow": config.escrow,
            "distributor": config.distributor,
            "network": config.network_passphrase,
            "rpc_url": config.browser_rpc_url,
        }
        self._people = config.demo_people

    def standing(self, found: Read) -> Standing:
        """How a read stands against the network's newest ledger."""
        newest = self._tip.newest()
        lag = None if newest is None else max(0, newest - found.ledger)
        return Standing(found.ledger, found.time, lag, self._tip.silent, found.past)

    def writer(self, request: Request[Any, Any, Any]) -> Writer:
        """Writes numbers and dates as this reader is used to, and for a file as programs are."""
        kind = PlainWriter if _FILE in request.query_params else Writer
        return kind(language.chosen(request))

    def translate(self, request: Request[Any, Any, Any]) -> Callable[[str], str]:
        """Words in this reader's language."""
        return language.words(language.chosen(request)).gettext

    def page(  # noqa: PLR0913 -- a page and what it carries
        self,
        request: Request[Any, Any, Any],
        template: str,
        *,
        standing: Standing | None,
        status: int = 200,
        secret: bool = False,
        charts: Mapping[str, Chart | None] | None = None,
        proof: str = "",
        **values: Any,
    ) -> Response[Any]:
        """A whole page. `values` are the template's; what it does not get, it may not name.

        `charts` are its figures by name, None where there is nothing to draw; with `?file=` and a
        name the answer is that figure's values. `proof`: the page where its numbers are derived. A
        `secret` page holds something that only its reader may know, beside the session's token.
        """
        drawn = {name: chart for name, chart in (charts or {}).items() if chart is not None}
        wanted = request.query_params.get(_FILE)
        if wanted is not None and status < _REFUSED:
            return _file(wanted, drawn)
        spoken = language.chosen(request)
        user = request.scope.get("user")  # nobody where no route was found
        csrf = self._csrf(user)
        text: str = _template(template, spoken).render(
            **self._shared,
            **values,
            proof=proof,
            charts=drawn,
            language=spoken,
            languages=language.LANGUAGES,
            write=Writer(spoken),
            status_names=names.statuses(language.words(spoken).gettext),
            event_names=names.events(language.words(spoken).gettext),
            document_names=names.document_states(language.words(spoken).gettext),
            people=demo.people(self._people),
            told=functools.partial(_told, language.words(spoken)),
            step_names=names.steps(language.words(spoken).gettext),
            standing=standing,
            here=request.url.path,
            as_of=(as_of := request.query_params.get(AS_OF)),
            past=standing is not None and standing.past,
            go=functools.partial(kept, as_of),
            without_past=_without(request.query_params.multi_items(), AS_OF),
            query=request.url.query,
            subject=user.address if isinstance(user, Subject) else None,
            csrf=csrf,
        )
        headers = self._headers | {
            "Cache-Control": "private, no-cache",
            "Content-Language": spoken,
            "Vary": "Cookie, Accept-Language, Accept-Encoding",
        }
        body = text.encode()
        if (
            not (csrf or secret)
            and packing.taken(request)
            and (packed := packing.pack(body)) is not None
        ):
            body, headers = packed, headers | packing.PACKED
        return Response(
            body, status_code=status, headers=headers, media_type="text/html; charset=utf-8"
        )

    def _csrf(self, user: object) -> str:
        """What forms of a browser's session carry; nothing for anybody else."""
        if not isinstance(user, Subject) or user.session is None:
            return ""
        return self._sessions.csrf_token(user.session)


def kept(as_of: str | None, path: str) -> str:
    """A path of ours that leads to the same ledger of the past as this page, if it shows one."""
    if as_of is None:
        return path
    bare, mark, place = path.partition("#")
    return f"{bare}{'&' if '?' in bare else '?'}{urlencode({AS_OF: as_of})}{mark}{place}"


def _without(pairs: Iterable[tuple[str, Any]], name: str) -> str:
    """What an address says after its `?`, one thing left out."""
    return urlencode([pair for pair in pairs if pair[0] != name])


def _file(name: str, charts: Mapping[str, Chart]) -> Response[str]:
    """The values of a figure, as CSV; raises "not-found"."""
    if name not in charts:
        raise Problem("not-found", "This page has no figure of that name.")
    chart, text = charts[name], io.StringIO()
    rows = (["" if cell == NONE else cell for cell in row] for row in chart.rows)
    csv.writer(text).writerows((chart.head, *rows))
    headers = {
        "Cache-Control": "private, no-cache",
        "Content-Disposition": f'attachment; filename="{name}.csv"',
        "Vary": "Cookie, Accept-Language",
    }
    return Response(text.getvalue(), headers=headers, media_type="text/csv; charset=utf-8")


def content_policy(rpc_url: str) -> str:
    """What a page may load and whom it may talk to: itself, and the node that wallets submit to."""
    node = urlsplit(rpc_url)
    reached = f" {node.scheme}://{node.netloc}" if rpc_url else ""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            f"connect-src 'self'{reached}",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def _told(words: gettext.NullTranslations, sentence: str) -> str:
    """A sentence that is written elsewhere, in the page's language; marked where it has none."""
    if type(words) is gettext.NullTranslations or sentence in told.sentences():
        return words.gettext(sentence)
    return Markup('<span lang="{}">{}</span>').format(language.SOURCE, sentence)


@functools.cache
def _environment(spoken: str) -> Environment:
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_translations(language.words(spoken), newstyle=True)  # type: ignore[attr-defined]
    made.filters |= {"short": short, "label": label, "browser": browser}
    made.globals |= {"static": FILES.url, "has_static": FILES.has, "none_sign": NONE}
    return made


@functools.cache
def _template(name: str, spoken: str) -> Any:
    return _environment(spoken).get_template(name)
