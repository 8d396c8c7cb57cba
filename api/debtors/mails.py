"""Mail to invited debtors, and the word to sellers that one has answered."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

import msgspec

from api.config import ApiConfig
from api.database import Connection
from api.debtors import links, store
from api.jobs.outbox import Kind
from api.notifications.kinds import OF_DEBTORS
from api.notifications.letters import letter
from api.notifications.mail import Mailing
from api.notifications.store import New
from api.notifications.telling import Telling, on_duty
from api.notifications.words import Reader, Told


class Invited(msgspec.Struct, frozen=True):
    """An invitation whose link is to be sent."""

    invitation: uuid.UUID


class CodeAsked(msgspec.Struct, frozen=True):
    """A code that is to be sent."""

    invitation: uuid.UUID
    number: int


class Answered(msgspec.Struct, frozen=True):
    """An answer of which the seller is to be told."""

    answer: uuid.UUID


INVITE = Kind(name="debtor-invitation", payload=Invited)
CODE = Kind(name="debtor-code", payload=CodeAsked, tries=5)
ANSWERED = Kind(name="debtor-answer", payload=Answered)

_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "invite": "{seller}: please confirm invoice {number}",
        "invite_sentence": "{seller} sold you something, sent {debtor} the invoice {number} over"
        " {amount} {currency}, and has it financed. Please look whether it is right: this link"
        " shows it, with the account to pay into, and takes your word for it or against it. Only"
        " whoever reads this mailbox can answer.",
        "code": "Your code: {code}",
        "code_sentence": "Enter {code} on the page where you asked for it. It is good once, for"
        " a quarter of an hour. If you did not ask, do nothing, and give it to nobody.",
        "why": "You get this because {seller} named your address as that of its customer.",
    },
    "de": {
        "invite": "{seller}: bitte Rechnung {number} bestätigen",
        "invite_sentence": "{seller} hat {debtor} die Rechnung {number} über {amount} {currency}"
        " gestellt und lässt sie finanzieren. Bitte sehen Sie nach, ob sie stimmt: Dieser Link"
        " zeigt sie, mit dem Konto für die Zahlung, und nimmt Ihre Bestätigung oder Ihren"
        " Einwand auf. Antworten kann nur, wer dieses Postfach liest.",
        "code": "Ihr Code: {code}",
        "code_sentence": "Geben Sie {code} auf der Seite ein, auf der Sie ihn angefordert haben."
        " Er gilt einmal, eine Viertelstunde lang. Haben Sie ihn nicht angefordert, so tun Sie"
        " nichts und geben ihn niemandem.",
        "why": "Sie bekommen das, weil {seller} Ihre Adresse als die des Kunden angegeben hat.",
    },
}


class Inviting:
    """Sends links and codes."""

    def __init__(self, config: ApiConfig, mailing: Mailing) -> None:
        self._config = config
        self._mailing = mailing

    async def send_link(self, connection: Connection, job: Invited) -> None:
        """Write to the debtor, if the invitation is there still."""
        token = links.token(self._config.platform_key, job.invitation)
        link = f"{self._config.public_url}/i/{token}"
        await self._write(connection, job.invitation, "invite", {}, link, name="invitation")

    async def send_code(self, connection: Connection, job: CodeAsked) -> None:
        """Write to the same address."""
        code = links.code(self._config.platform_key, job.invitation, job.number)
        name = f"code-{job.number}"
        await self._write(connection, job.invitation, "code", {"code": code}, None, name=name)

    async def _write(
        self,
        connection: Connection,
        invitation: uuid.UUID,
        what: str,
        values: Mapping[str, str],
        link: str | None,
        *,
        name: str,
    ) -> None:
        found = await store.letter(connection, invitation)
        if found is None:
            return
        words, statement = _WORDS[found["language"]], found["statement"]
        values = {**statement["printed"], **_names(statement), **values}
        told = Told(words[what].format_map(values), words[f"{what}_sentence"].format_map(values))
        message = letter(
            told, Reader(found["language"]), link=link, why=words["why"].format_map(values)
        )
        await self._mailing.post(message, found["email"], name=f"{name}-{invitation}")


def _names(statement: Mapping[str, str]) -> dict[str, str]:
    """In one line: subjects of mail have no other."""
    return {name: " ".join(statement[name].split()) for name in ("seller", "debtor")}


class Hearing:
    """Tells sellers what debtors said, and arbiters what they object to."""

    def __init__(self, telling: Telling) -> None:
        self._telling = telling

    async def tell(self, connection: Connection, job: Answered) -> None:
        """In app, by mail and webhook, as the seller wants it."""
        found = await store.answered(connection, job.answer)
        if found is None:
            return
        kind = OF_DEBTORS[found["kind"]]
        also = await on_duty(connection, kind.duties)
        new = [
            New(
                owner=owner,
                key=f"debtor-{job.answer}",
                kind=kind.name,
                topic=kind.topic,
                invoice=found["invoice"],
                ledger=found["ledger"],
                time=found["time"],
            )
            for owner in dict.fromkeys((found["owner"], *also))
        ]
        await self._telling.tell(connection, new)
