"""Sending mail: through an SMTP server, or into a folder while developing."""

from __future__ import annotations

import asyncio
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib

from api.config import ApiConfig
from api.database import Connection
from api.jobs.runner import HopelessError
from api.notifications import store
from api.notifications.letters import letter
from api.notifications.telling import Letter
from api.notifications.words import told

_SECONDS = 30.0
_PORTS = {"smtp": 587, "smtps": 465}
_FOR_EVER = range(500, 600)


class Postman(Protocol):
    """Takes a complete message away."""

    async def send(self, message: EmailMessage) -> None:
        """Raises HopelessError where no further try would help."""


class Smtp:
    """A server at `smtp://user:password@host:587` (STARTTLS if it can) or `smtps://` (TLS)."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or "localhost"
        self._port = parts.port or _PORTS[parts.scheme]
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._tls = parts.scheme == "smtps"

    async def send(self, message: EmailMessage) -> None:
        """Hand it over; the server's refusal of this recipient for good is final."""
        try:
            await aiosmtplib.send(
                message,
                hostname=self._host,
                port=self._port,
                username=self._user,
                password=self._password,
                use_tls=self._tls,
                # A password is never sent in the clear.
                start_tls=True if self._password and not self._tls else None,
                timeout=_SECONDS,
            )
        except aiosmtplib.SMTPRecipientsRefused as refused:
            if all(one.code in _FOR_EVER for one in refused.recipients):
                raise HopelessError("The server knows no such address.") from refused
            raise


class Folder:
    """A folder in which each message is a file: what a developer has instead of a server."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, message: EmailMessage) -> None:
        """The same message is the same file."""
        await asyncio.to_thread(self._write, message)

    def _write(self, message: EmailMessage) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        name = str(message["Message-ID"]).strip("<>").partition("@")[0]
        (self._folder / f"{name}.eml").write_bytes(message.as_bytes())


def postman_of(url: str) -> Postman:
    """What a MAIL_URL means: smtp, smtps, or file:///folder."""
    parts = urlsplit(url)
    return Folder(Path(unquote(parts.path))) if parts.scheme == "file" else Smtp(url)


class Mailing:
    """Writes and sends the mails that were promised."""

    def __init__(self, config: ApiConfig, postman: Postman) -> None:
        self._config = config
        self._postman = postman

    async def send(self, connection: Connection, job: Letter) -> None:
        """Send one notification, unless its owner has taken the address away since."""
        found = await store.letter(connection, job.notification)
        if found is None:
            return
        reader = await store.reader(connection, found.owner)
        kept = found.kept
        message = letter(
            told(kept.facts, reader),
            reader,
            ledger=kept.ledger,
            time=kept.time,
            link=self._link(kept),
        )
        await self.post(message, found.email, name=f"notification-{kept.number}")

    async def post(self, message: EmailMessage, to: str, *, name: str) -> None:
        """Address a message and hand it over; of one `name` the message is the same."""
        domain = self._config.home_domain.partition(":")[0]
        message["From"] = self._config.mail_from or f"StellarSettle <notices@{domain}>"
        message["To"] = to
        message["Message-ID"] = f"<{name}@{domain}>"
        await self._postman.send(message)

    def _link(self, kept: store.Kept) -> str:
        if kept.intent is not None:
            return f"{self._config.public_url}/tx/{kept.intent}"
        if kept.invoice is not None:
            return f"{self._config.public_url}/market/{kept.invoice}"
        return f"{self._config.public_url}/notifications"
