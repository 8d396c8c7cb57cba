"""Signing in as wallets do."""

from __future__ import annotations

import base64
from typing import Any

import httpx
from stellar_sdk import Keypair, TransactionEnvelope


async def challenge(client: Any, account: str, **query: str) -> str:
    """A SEP-10 challenge."""
    answer = await client.get("/auth", params={"account": account, **query})
    assert answer.status_code == 200, answer.text
    asked: str = answer.json()["transaction"]
    return asked


def signed(passphrase: str, transaction: str, *signers: Keypair) -> str:
    """The challenge with these signatures."""
    envelope = TransactionEnvelope.from_xdr(transaction, passphrase)
    for signer in signers:
        envelope.sign(signer)
    return envelope.to_xdr()


async def session(client: Any, passphrase: str, who: Keypair) -> dict[str, Any]:
    """A new session of a client that keeps its own tokens."""
    transaction = signed(passphrase, await challenge(client, who.public_key), who)
    answer = await client.post("/auth", json={"transaction": transaction})
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def browser(client: Any, passphrase: str, who: Keypair) -> tuple[str, dict[str, str]]:
    """A new session of a browser: its cookie, and the headers of a page's script."""
    transaction = signed(passphrase, await challenge(client, who.public_key), who)
    answer = await client.post(
        "/auth?session=cookie",
        json={"transaction": transaction},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert answer.status_code == 200, answer.text
    cookie = cookie_of(answer)
    return cookie, {
        "Cookie": cookie,
        "Sec-Fetch-Site": "same-origin",
        "X-CSRF-Token": answer.json()["csrf_token"],
    }


def cookie_of(answer: httpx.Response) -> str:
    """The cookie that an answer sets, as a browser sends it back."""
    told = answer.headers["set-cookie"]
    assert told.startswith("__Host-session=")
    assert "; Path=/;" in told
    assert "; Secure; HttpOnly; SameSite=Lax" in told
    return str(told.partition(";")[0])


def bearing(token: str) -> dict[str, str]:
    """The header of a token or an API key."""
    return {"Authorization": f"Bearer {token}"}


async def message(client: Any, account: str, signer: Keypair, *, hexadecimal: bool = False) -> Any:
    """The body for POST /auth/message: a text of the service, signed by `signer`."""
    asked = await client.get("/auth/message", params={"account": account})
    assert asked.status_code == 200, asked.text
    text = asked.json()["message"]
    signature = signer.sign_message(text)
    written = signature.hex() if hexadecimal else base64.b64encode(signature).decode()
    return {"account": account, "message": text, "signature": written}
