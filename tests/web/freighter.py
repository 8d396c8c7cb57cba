"""What Freighter's extension answers its own module, from a key: it agrees, declines, or errs."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import BrowserContext
from stellar_sdk import Keypair, TransactionEnvelope

_LISTEN = """
window.addEventListener("message", async ({ data }) => {
  if (data?.source !== "FREIGHTER_EXTERNAL_MSG_REQUEST") return;
  const answer = await window.extension(data);
  window.postMessage(
    { source: "FREIGHTER_EXTERNAL_MSG_RESPONSE", messagedId: data.messageId, ...answer },
    location.origin,
  );
});
"""
DECLINED = {"code": -4, "message": "The user rejected this request."}


class Freighter:
    """The extension of one browser; its attributes may be changed between two requests."""

    def __init__(self, context: BrowserContext, keypair: Keypair, passphrase: str) -> None:
        self.keypair = keypair
        self.passphrase = passphrase
        self.declines = False
        self.raises_fee = 0
        self.changes_time = False
        context.expose_function("extension", self._answer)
        context.add_init_script(_LISTEN)

    def _answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        kind = asked["type"]
        if kind == "REQUEST_CONNECTION_STATUS":
            return {"isConnected": True}
        if kind in {"REQUEST_ALLOWED_STATUS", "SET_ALLOWED_STATUS"}:
            return {"isAllowed": True}
        if kind in {"REQUEST_ACCESS", "REQUEST_PUBLIC_KEY"}:
            return {"publicKey": self.keypair.public_key}
        if kind == "REQUEST_NETWORK_DETAILS":
            return {"networkDetails": {"networkPassphrase": self.passphrase}}
        assert kind == "SUBMIT_TRANSACTION", kind
        return {"apiError": DECLINED} if self.declines else self._signed(asked)

    def _signed(self, asked: dict[str, Any]) -> dict[str, Any]:
        envelope = TransactionEnvelope.from_xdr(
            asked["transactionXdr"], asked["networkPassphrase"] or self.passphrase
        )
        envelope.transaction.fee += self.raises_fee
        if self.changes_time and envelope.transaction.preconditions is not None:
            bounds = envelope.transaction.preconditions.time_bounds
            assert bounds is not None
            bounds.max_time += 1
        envelope.sign(self.keypair)
        return {"signedTransaction": envelope.to_xdr(), "signerAddress": self.keypair.public_key}
