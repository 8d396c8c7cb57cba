"""A wallet that is nothing but a key: it signs what the API returned and submits it itself.

It checks before it signs, as a careful wallet does: that it is the source of the transaction, and
that the hash it was told is the hash of what it signs.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import time
import uuid
from typing import Any

import httpx
import msgspec
from stellar_sdk import Keypair, TransactionEnvelope

from stellarsettle.chain import Chain, TooLateError

_FOLLOW_SECONDS = 60
_TRIES = 5
_POLL_SECONDS = 0.02
_LONGEST_WAIT_SECONDS = 1.0


class RefusedError(Exception):
    """The API answered with a problem; `problem` is its body, `status` the HTTP status."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{problem.get('title')}: {problem.get('detail')}")
        self.status = status
        self.problem = problem


class Done(msgspec.Struct, frozen=True):
    """An action that was signed, is in a ledger and can be read back: what it was and where."""

    summary: str
    ledger: int
    intent: dict[str, Any]


class Wallet:
    """A key, the API it asks for transactions, and the ledger it submits them to."""

    def __init__(self, name: str, keypair: Keypair, api_url: str, chain: Chain) -> None:
        self.name = name
        self.keypair = keypair
        self.chain = chain
        self._http = httpx.Client(base_url=api_url, timeout=30)
        self._refresh_token = ""

    @property
    def address(self) -> str:
        """The wallet's account, G..."""
        return self.keypair.public_key

    def sign_in(self) -> str:
        """SEP-10: sign the service's challenge, get an access token."""
        challenge = self._ask("GET", "/auth", params={"account": self.address})
        envelope = self._read(challenge["transaction"])
        envelope.sign(self.keypair)
        return self._keep(self._ask("POST", "/auth", json={"transaction": envelope.to_xdr()}))

    def _keep(self, session: dict[str, Any]) -> str:
        """Ask with this session's token from now on."""
        token: str = session["token"]
        self._refresh_token = str(session["refresh_token"])
        self._http.headers["authorization"] = f"Bearer {token}"
        return token

    def _renewed(self) -> bool:
        """Go on with the session; False if there is none, or it is over."""
        token, self._refresh_token = self._refresh_token, ""
        if not token:
            return False
        answer = self._http.post("/auth/refresh", json={"refresh_token": token})
        if answer.is_success:
            self._keep(answer.json())
        return answer.is_success

    def get(self, path: str, **params: Any) -> Any:
        """The `data` of a read."""
        return self._ask("GET", path, params=params)["data"]

    def prepare(self, action: str, **body: Any) -> dict[str, Any]:
        """Ask the API for the unsigned transaction of an action."""
        # Asked twice, it is still one transaction: the key says so.
        key = {"Idempotency-Key": str(uuid.uuid4())}
        path = f"/v1/transactions/{action}"
        intent: dict[str, Any] = self._ask("POST", path, json=body, headers=key)
        return intent

    def authorize(self, action: str, **body: Any) -> dict[str, Any]:
        """Authorise what another will submit: what goes into that request's `authorization`.

        As `signAuthEntry` of a wallet does (SEP-43), it signs the SHA-256 of the preimage, after
        looking whether that is what it was told.
        """
        asked = self._ask("POST", f"/v1/transactions/{action}/authorization", json=body)
        payload = hashlib.sha256(base64.b64decode(asked["preimage"])).digest()
        if payload.hex() != asked["hash"] or asked["signer"] != self.address:
            raise ValueError("this is not what was told")
        signature = base64.b64encode(self.keypair.sign(payload)).decode()
        signatures = [{"key": self.address, "signature": signature}]
        return {"entry": asked["entry"], "signatures": signatures}

    def submit(self, intent: dict[str, Any]) -> None:
        """Check and sign an intent's transaction and send it to the ledger, not to the API."""
        envelope = self._read(intent["xdr"])
        if envelope.transaction.source.account_id != self.address:
            raise ValueError("this transaction is somebody else's")
        if envelope.hash_hex() != intent["hash"]:
            raise ValueError("this is not the transaction whose hash was told")
        envelope.sign(self.keypair)
        self.chain.submit(envelope)

    def get_intent(self, intent: dict[str, Any]) -> dict[str, Any]:
        """What has become of an intent by now."""
        state: dict[str, Any] = self._ask("GET", f"/v1/transactions/{intent['id']}")
        return state

    def follow(self, intent: dict[str, Any]) -> dict[str, Any]:
        """Wait until the intent has come to its end: projected, or one that is none."""
        deadline = time.monotonic() + _FOLLOW_SECONDS
        while time.monotonic() < deadline:
            state = self.get_intent(intent)
            if state["status"] in {"projected", "failed", "expired", "replaced", "unknown"}:
                return state
            time.sleep(_POLL_SECONDS)
        raise TimeoutError(f"intent {intent['id']} was not shown within {_FOLLOW_SECONDS} s")

    def act(self, action: str, **body: Any) -> Done:
        """The whole way: prepare, sign, submit, and wait until it can be read back.

        A transaction whose time was over before it came (the service had asked a node that was
        behind) did nothing: it is prepared again.
        """
        intent = self._submitted(action, body)
        state = self.follow(intent)
        if state["status"] != "projected":
            raise RuntimeError(f"{action} ended as {state['status']}: {state.get('error')}")
        return Done(intent["summary"], state["ledger"], intent)

    def _submitted(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
        for _ in range(_TRIES):
            intent = self.prepare(action, **body)
            with contextlib.suppress(TooLateError):
                self.submit(intent)
                return intent
        raise TooLateError(f"{action}: {_TRIES} transactions were over before they came")

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def _read(self, envelope: str) -> TransactionEnvelope:
        return TransactionEnvelope.from_xdr(envelope, self.chain.passphrase)

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        """Ask the API; again while it only says that ledger or database are away (503).

        A token that has ended is renewed on the way.
        """
        wait = _POLL_SECONDS
        deadline = time.monotonic() + _FOLLOW_SECONDS
        while True:
            answer = self._http.request(method, path, **options)
            passing = answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
            if not answer.is_error:
                return answer.json()
            if answer.status_code == httpx.codes.UNAUTHORIZED and self._renewed():
                continue
            if not passing or time.monotonic() >= deadline:
                raise RefusedError(answer.status_code, answer.json())
            time.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT_SECONDS)
