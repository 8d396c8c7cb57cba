"""A mail's content: the same words as text and as HTML, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from api.notifications.words import Reader, Told

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
    undefined=StrictUndefined,
    trim_blocks=True,
    keep_trailing_newline=True,
)

_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "ledger": "Ledger",
        "why": "You get this because your address is confirmed on your profile; what is sent to"
        " it you choose in your preferences.",
        "confirm": "Confirm your address",
        "confirm_sentence": "Somebody, most likely you, wants to be told by mail to this address."
        " If it was you, open this link within a day; if not, do nothing.",
    },
    "de": {
        "ledger": "Ledger",
        "why": "Sie bekommen das, weil Ihre Adresse in Ihrem Profil bestätigt ist; was an sie"
        " geschickt wird, bestimmen Sie in Ihren Einstellungen.",
        "confirm": "Bestätigen Sie Ihre Adresse",
        "confirm_sentence": "Jemand, vermutlich Sie, möchte an diese Adresse Nachricht bekommen."
        " Waren Sie es, so öffnen Sie diesen Link binnen eines Tages; sonst tun Sie nichts.",
    },
}


def letter(
    told: Told,
    reader: Reader,
    *,
    ledger: int | None = None,
    time: int | None = None,
    link: str | None = None,
    why: str | None = None,
) -> EmailMessage:
    """The message without its envelope: subject, text and HTML; `why` it comes, if not as usual."""
    language = reader.spoken
    values: dict[str, Any] = {
        "told": told,
        "words": _WORDS[language],
        "why": why or _WORDS[language]["why"],
        "language": language,
        "ledger": ledger,
        "when": None if time is None else reader.moment(time),
        "link": link,
    }
    message = EmailMessage(policy=SMTP)
    message["Subject"] = told.title
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_TEMPLATES.get_template("mail.txt.j2").render(values))
    html = _TEMPLATES.get_template("mail.html.j2").render(values)
    message.add_alternative(html, subtype="html")
    return message


def confirmation(reader: Reader, link: str) -> EmailMessage:
    """The message that asks whether an address is the asker's own."""
    words = _WORDS[reader.spoken]
    return letter(Told(words["confirm"], words["confirm_sentence"]), reader, link=link)
