"""Every event is told or left out on purpose, in every language; nothing of it is HTML."""

from __future__ import annotations

import string
import time
import uuid
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from api import outside
from api.config import ApiConfig
from api.notifications import signing
from api.notifications.kinds import KINDS, OF_DEBTORS, OF_INTENTS, OFFER_FITS, UNTOLD
from api.notifications.letters import confirmation, letter
from api.notifications.mail import Folder, Mailing, postman_of
from api.notifications.words import LANGUAGES, Facts, Reader, Told, told
from projections.timeline import ACTIVITY

pytestmark = pytest.mark.anyio

ID = "5f" * 32


def test_every_event_is_told_or_left_out_on_purpose() -> None:
    events = {event.NAME for event in ACTIVITY.rules}
    assert set(KINDS) | UNTOLD == events
    assert not set(KINDS) & UNTOLD


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_kind_has_words_whose_figures_there_are(language: str) -> None:
    words = LANGUAGES[language]
    assert set(words) == {
        *KINDS,
        OFFER_FITS,
        *OF_INTENTS.values(),
        *(one.name for one in OF_DEBTORS.values()),
    }
    for kind, pair in words.items():
        for text in pair:
            named = {name for _, name, _, _ in string.Formatter().parse(text) if name}
            assert named <= {"invoice", "actor", "amount"}, (language, kind)
        assert pair[1].endswith("."), (language, kind)


def test_figures_are_written_as_their_reader_writes_them() -> None:
    facts = Facts(
        kind="payout", time=1_796_000_000, invoice=ID, actor="G" + "A" * 55, amount=12_345_670_0000
    )
    assert told(facts, Reader()) == Told(
        "12,345.67 received", "12,345.67 of INV-5F5F5F5F were paid out to GAAA…AAAA."
    )
    german = Reader("de-AT", "Europe/Vienna", "1.234,56")
    assert told(facts, german).title == "12.345,67 erhalten"
    assert german.moment(facts.time) == "30. November 2026, 01:53:20 MEZ"
    assert Reader("fr", "UTC", "1 234,56").spoken == "en"
    assert Reader("fr", "UTC", "1 234,56").money(12_345_670_0000) == "12 345,67"


def test_a_letter_is_text_and_html_and_escapes() -> None:
    message = letter(Told("A <b>", 'x & <script>"'), Reader("de"), link="https://a.example/?a&b")
    assert message["Subject"] == "A <b>"
    text = message.get_body(("plain",))
    html = message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert 'x & <script>"' in text.get_content()
    assert "x &amp; &lt;script&gt;&#34;" in html.get_content()
    assert "<b>" not in html.get_content()
    assert 'lang="de"' in html.get_content()
    asked = confirmation(Reader(), "https://a.example/confirm").get_body(("plain",))
    assert asked is not None
    assert "https://a.example/confirm" in asked.get_content()


async def test_mail_into_a_folder_is_one_file_a_message(
    tmp_path: Path, configuration: object
) -> None:
    assert callable(configuration)
    config: ApiConfig = configuration(home_domain="settle.example:8080")
    postman = postman_of(f"file://{tmp_path}/mail")
    assert isinstance(postman, Folder)
    for _ in range(2):
        message = letter(Told("Hello", "There."), Reader())
        await Mailing(config, postman).post(message, "ada@a.example", name="notification-7")
    (file,) = (tmp_path / "mail").iterdir()
    written = file.read_text()
    assert file.name == "notification-7.eml"
    assert "From: StellarSettle <notices@settle.example>" in written
    assert "Message-ID: <notification-7@settle.example>" in written


def test_signatures_are_those_of_standard_webhooks() -> None:
    """Verified by the standard's own library, with each of two secrets, and with none else."""
    webhook, body = uuid.uuid4(), b'{"type":"payout"}'
    keys = [signing.secret(b"k" * 32, webhook, number) for number in (1, 2, 3)]
    assert len(set(keys)) == 3
    seconds = int(time.time())
    headers = signing.headers("msg_1", seconds, body, (keys[1], keys[0]))
    for key in keys[:2]:
        Webhook(signing.shown(key)).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.shown(keys[2])).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.shown(keys[0])).verify(body + b" ", headers)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "0", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
        "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1", "2001:0:7f00:1::1", "2001:db8::1",
        "localhost", "127.1", "0x7f000001", "2130706433",
    ],
)  # fmt: skip
async def test_no_address_of_our_own_networks_is_asked(host: str) -> None:
    with pytest.raises(outside.OutsideError):
        await outside.addresses_of(host, 443, local=False)


@pytest.mark.parametrize("host", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
async def test_addresses_of_the_open_network_are(host: str) -> None:
    assert await outside.addresses_of(host, 443, local=False) == [host]
