"""Every word of a page can be translated, and German is complete."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from jinja2 import Environment
from litestar.testing import RequestFactory

from api.notifications.kinds import Topic
from api.web import language, names
from api.web.language import CATALOGUES, LANGUAGES, SOURCE, TOLD
from api.web.names import EVENTS
from api.web.told import sentences
from contracts import events
from contracts.wire import Event

TEMPLATES = Path(language.__file__).parent / "templates"
NAMES = re.compile(r"StellarSettle|XDR|IBAN|BIC|INV-|&nbsp;|\b[di]\b")
TOPICS = re.compile(r"{% block live %}.*?{% endblock %}")
"""An attribute's content, which templates give by a block."""
PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def _untranslated(template: Path) -> list[str]:
    """Words that stand in a template outside of any expression and tag."""
    text = TOPICS.sub("", template.read_text())
    stream = Environment(extensions=["jinja2.ext.i18n"], autoescape=True).lex(text)
    data = "".join(value if kind == "data" else "\x00" for _, kind, value in stream)
    data = re.sub(r"<(script|style|code)\b.*?</\1>", "", data, flags=re.DOTALL)
    inside = re.sub(r"<[^<>]*>", " ", data)
    shown = re.findall(r'(?:title|aria-label|placeholder|alt)="([^"\x00]+)"', data)
    words = NAMES.sub(" ", " ".join([inside, *shown]))
    return re.findall(r"[A-Za-zÀ-ÿ]{2,}[^<>\x00\n]*", words)


@pytest.mark.parametrize("template", sorted(TEMPLATES.rglob("*.html")), ids=lambda p: p.name)
def test_no_word_of_a_template_is_beyond_translation(template: Path) -> None:
    assert _untranslated(template) == []


def _messages(code: str) -> list[Message]:
    with (CATALOGUES / f"{code}.po").open("rb") as file:
        return [message for message in read_po(file, locale=code) if message.id]


@pytest.mark.parametrize("code", sorted(set(LANGUAGES) - {SOURCE}))
def test_what_is_written_elsewhere_has_its_words_too(code: str) -> None:
    """Problems, metrics, actions, what KYC asks: `make words` would change nothing."""
    with (TOLD / f"{code}.po").open("rb") as file:
        messages = {one.id: one.string for one in read_po(file, locale=code) if one.id}
    assert set(messages) == set(sentences())
    assert [sentence for sentence, said in messages.items() if not said] == []
    told = language.words(code).gettext
    assert told("The page") == "The page"
    first = next(iter(sentences()))
    assert told(first) == messages[first]


def _forms(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


@pytest.mark.parametrize("code", sorted(set(LANGUAGES) - {SOURCE}))
def test_a_language_has_every_word(code: str) -> None:
    for message in _messages(code):
        assert all(_forms(message.string)), f"{code} lacks: {message.id}"
        wanted = {name for form in _forms(message.id) for name in PLACEHOLDER.findall(form)}
        for form in _forms(message.string):
            assert set(PLACEHOLDER.findall(form)) <= wanted, message.id


@pytest.mark.parametrize("code", sorted(set(LANGUAGES) - {SOURCE}))
def test_the_catalogue_is_that_of_the_pages(code: str) -> None:
    """`make words` would change nothing."""
    root = CATALOGUES.parent
    method = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
    options = {"**/templates/**.html": {"trim_blocks": "true", "silent": "false"}}
    keywords = {"_": None, "translate": None, "marked": None, "gettext": None, "ngettext": (1, 2)}
    found = {
        message if isinstance(message, str) else message[0]
        for _, _, message, _, _ in extract_from_dir(root, method, options, keywords=keywords)
    }
    assert found == {_forms(message.id)[0] for message in _messages(code)}


@pytest.mark.parametrize(
    ("headers", "cookies", "expected"),
    [
        ({}, {}, "en"),
        ({"accept-language": "de-AT,de;q=0.9,en;q=0.1"}, {}, "de"),
        ({"accept-language": "fr,en;q=0.5,de;q=0.4"}, {}, "en"),
        ({"accept-language": "de;q=nonsense, ,;;"}, {}, "en"),
        ({"accept-language": "en"}, {"language": "de"}, "de"),
        ({"accept-language": "de"}, {"language": "klingon"}, "de"),
    ],
)
def test_the_reader_s_choice_comes_before_the_browser_s(
    headers: dict[str, str], cookies: dict[str, str], expected: str
) -> None:
    cookie = [("cookie", f"{name}={value}") for name, value in cookies.items()]
    request = RequestFactory().get("/", headers=headers | dict(cookie))
    assert language.chosen(request) == expected


def test_every_event_of_the_contracts_has_a_name_for_people() -> None:
    kinds = (kind for kind in vars(events).values() if isinstance(kind, type))
    assert {kind.NAME for kind in kinds if issubclass(kind, Event) and kind is not Event} <= set(
        EVENTS
    )


def test_every_topic_has_a_name_for_people() -> None:
    assert set(names.TOPICS) == set(get_args(Topic))
