"""What wallets answer their own modules, from a key: they agree, decline, or err.

Each speaks its wallet's own messages, so that the module in the page is the real one.
"""

from __future__ import annotations

import hashlib
from typing import Any

from playwright.sync_api import BrowserContext, Route
from stellar_sdk import Keypair, TransactionEnvelope

DECLINED = {"code": -4, "message": "The user rejected this request."}


class Holder:
    """Whoever holds the key; the attributes may be changed between two requests."""

    def __init__(self, context: BrowserContext, keypair: Keypair, passphrase: str) -> None:
        self.keypair = keypair
        self.passphrase = passphrase
        self.declines = False
        self.raises_fee = 0
        self.changes_time = False
        self.install(context)

    def install(self, context: BrowserContext) -> None:
        raise NotImplementedError

    def signed(self, xdr: str) -> str:
        """The envelope with this key's signature, and with whatever else is done to it."""
        envelope = TransactionEnvelope.from_xdr(xdr, self.passphrase)
        envelope.transaction.fee += self.raises_fee
        if self.changes_time and envelope.transaction.preconditions is not None:
            bounds = envelope.transaction.preconditions.time_bounds
            assert bounds is not None
            bounds.max_time += 1
        envelope.sign(self.keypair)
        return envelope.to_xdr()


class Freighter(Holder):
    """An extension that hears messages of the page."""

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

    def install(self, context: BrowserContext) -> None:
        context.expose_function("extension", self._answer)
        context.add_init_script(self._LISTEN)

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
        if self.declines:
            return {"apiError": DECLINED}
        signed = self.signed(asked["transactionXdr"])
        return {"signedTransaction": signed, "signerAddress": self.keypair.public_key}


class Lobstr(Holder):
    """The same with LOBSTR's messages; it signs for whom it has let in."""

    _KEY = "a connection"
    _LISTEN = """
window.addEventListener("message", async ({ data }) => {
  if (data?.source !== "LOBSTR_EXTERNAL_MSG_REQUEST") return;
  const answer = await window.lobstr(data);
  window.postMessage(
    { source: "LOBSTR_EXTERNAL_MSG_RESPONSE", messagedId: data.messageId, ...answer },
    location.origin,
  );
});
"""

    def install(self, context: BrowserContext) -> None:
        context.expose_function("lobstr", self._answer)
        context.add_init_script(self._LISTEN)

    def _answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["type"] == "REQUEST_CONNECTION_STATUS":
            return {"isConnected": True}
        if asked["type"] == "REQUEST_ACCESS":
            return {"publicKey": self.keypair.public_key, "connectionKey": self._KEY}
        assert asked["type"] == "SIGN", asked
        assert asked["connectionKey"] == self._KEY
        if self.declines:
            return {"error": "User declined access"}
        return {"signedData": self.signed(asked["dataToSign"])}


class XBull(Holder):
    """An extension that puts an object into the page."""

    _OBJECT = """
window.xBullSDK = {
  getAddress: () => window.xbull("address", ""),
  signTransaction: ({ xdr }) => window.xbull("sign", xdr),
};
"""

    def install(self, context: BrowserContext) -> None:
        context.expose_function("xbull", self._answer)
        context.add_init_script(self._OBJECT)

    def _answer(self, asked: str, xdr: str) -> dict[str, Any]:
        if asked == "address":
            return {"address": self.keypair.public_key}
        return {"error": DECLINED} if self.declines else {"signedTxXdr": self.signed(xdr)}


class Albedo(Holder):
    """A page elsewhere, in a window of its own, that answers who opened it."""

    _PAGE = """<!doctype html><title>Albedo</title><script>
addEventListener("message", async ({ data, source, origin }) => {
  const result = await window.albedoAnswers(data);
  source.postMessage({ albedoIntentResult: { __reqid: data.__reqid, ...result } }, origin);
});
opener.postMessage({ albedo: { protocol: 3 } }, "*");
</script>"""

    def install(self, context: BrowserContext) -> None:
        context.expose_function("albedoAnswers", self._answer)
        context.route("https://albedo.link/**", self._serve)

    def _serve(self, route: Route) -> None:
        route.fulfill(body=self._PAGE, content_type="text/html")

    def _answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["intent"] == "public_key":
            return {"intent": "public_key", "pubkey": self.keypair.public_key}
        assert asked["intent"] == "tx", asked
        assert "submit" not in asked
        if self.declines:
            return {"error": DECLINED}
        return {"intent": "tx", "signed_envelope_xdr": self.signed(asked["xdr"])}


class Ledger(Holder):
    """A device at the USB port: reports of 64 bytes, commands of Stellar's app within."""

    _DEVICE = """
const device = new EventTarget();
let heard = [], expected = 0;
const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
Object.assign(device, {
  vendorId: 0x2c97, productId: 0x1011, opened: false,
  open: async () => {}, close: async () => {},
  sendReport: async (_, report) => {
    const block = new Uint8Array(report), first = block[3] === 0 && block[4] === 0;
    if (first) { heard = []; expected = (block[5] << 8) | block[6]; }
    heard.push(...block.slice(first ? 7 : 5));
    if (heard.length < expected) return;
    const command = heard.slice(0, expected);
    const hex = command.map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const answer = bytes(await window.ledger(hex));
    const whole = [answer.length >> 8, answer.length & 255, ...answer];
    for (let at = 0, number = 0; at < whole.length; at += 59, number++) {
      const packet = new Uint8Array(64);
      packet.set([block[0], block[1], 5, number >> 8, number & 255, ...whole.slice(at, at + 59)]);
      const event = new Event("inputreport");
      event.data = new DataView(packet.buffer);
      device.dispatchEvent(event);
    }
  },
});
const hid = Object.assign(new EventTarget(), {
  getDevices: async () => [], requestDevice: async () => [device],
});
Object.defineProperty(navigator, "hid", { value: hid });
"""
    _OK, _DENIED = b"\x90\x00", b"\x69\x85"

    def install(self, context: BrowserContext) -> None:
        self._payload = b""
        context.expose_function("ledger", lambda hex_: self._answer(bytes.fromhex(hex_)).hex())
        context.add_init_script(self._DEVICE)

    def _answer(self, command: bytes) -> bytes:
        """One APDU: class, instruction, P1, P2, length, data; the status ends what comes back."""
        kind, more_before, more_after, data = command[1], command[2], command[3], command[5:]
        if kind == 0x02:
            return self.keypair.raw_public_key() + self._OK
        assert kind == 0x04, kind
        self._payload = self._payload + data if more_before else data
        if more_after:
            return self._OK
        if self.declines:
            return self._DENIED
        text = self._payload[1 + 4 * self._payload[0] :]
        return self.keypair.sign(hashlib.sha256(text).digest()) + self._OK
