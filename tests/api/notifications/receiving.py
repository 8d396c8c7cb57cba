"""What leaves the house, received: a webhook's server and a mail server, both real."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import msgspec
from aiosmtpd.controller import Controller

from stellarsettle.local import free_port


class Received(msgspec.Struct, frozen=True):
    """One request to the webhook."""

    headers: dict[str, str]
    body: bytes

    @property
    def message(self) -> dict[str, Any]:
        """The body, read."""
        found: dict[str, Any] = msgspec.json.decode(self.body)
        return found


class Receiver:
    """Where it listens, what it got, and what it answers next (200 when that is used up)."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/hook"
        self.received: list[Received] = []
        self.answers: list[int] = []


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A server that takes webhooks."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.received.append(Received(headers, body))
            self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
            self.send_header("Location", f"{receiver.url}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class MailBox:
    """The messages a mail server took, and whom it does not know."""

    def __init__(self) -> None:
        self.url = ""
        self.messages: list[EmailMessage] = []
        self.unknown: set[str] = set()

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's
        self, _: Any, __: Any, envelope: Any, address: str, ___: Any
    ) -> str:
        """Take a recipient, or not."""
        if address in self.unknown:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: Any, __: Any, envelope: Any) -> str:  # noqa: N802
        """Take a message."""
        parsed = message_from_bytes(envelope.content, policy=default)
        assert isinstance(parsed, EmailMessage)
        self.messages.append(parsed)
        return "250 OK"


@contextmanager
def mail_server() -> Iterator[MailBox]:
    """A mail server on a free port."""
    box = MailBox()
    port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    box.url = f"smtp://127.0.0.1:{port}"
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
