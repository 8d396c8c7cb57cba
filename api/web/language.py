"""In which language and zone a page is written, and its words in that language."""

from __future__ import annotations

import functools
import gettext
import io
from pathlib import Path
from typing import Any

from babel.core import negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from litestar import Request

LANGUAGES = {"en": "English", "de": "Deutsch"}
SOURCE = "en"
COOKIE = "language"
CATALOGUES = Path(__file__).parent / "catalogues"
TOLD = CATALOGUES / "told"
"""Catalogues of what is written elsewhere: problems, metrics, actions (`api.web.told`)."""


def chosen(request: Request[Any, Any, Any]) -> str:
    """The reader's language: the one they chose, else the browser's, else English."""
    cookie = request.cookies.get(COOKIE, "")
    if cookie in LANGUAGES:
        return cookie
    return _accepted(request.headers.get("accept-language", ""))


def _accepted(header: str) -> str:
    """The best of Accept-Language (RFC 9110, 12.5.4) that we speak."""
    wishes = []
    for order, part in enumerate(header.split(",")[:20]):
        tag, _, weight = part.partition(";q=")
        try:
            quality = float(weight or 1)
        except ValueError:
            continue
        if tag.strip():
            wishes.append((-quality, order, tag.strip()))
    preferred = [tag for _, _, tag in sorted(wishes)]
    return negotiate_locale(preferred, list(LANGUAGES), sep="-") or SOURCE


@functools.cache
def words(language: str) -> gettext.NullTranslations:
    """The catalogues of a language in one; the source language needs none."""
    if language == SOURCE:
        return gettext.NullTranslations()
    found = _compiled(CATALOGUES / f"{language}.po", language)
    found.add_fallback(_compiled(TOLD / f"{language}.po", language))
    return found


def _compiled(path: Path, language: str) -> gettext.GNUTranslations:
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
