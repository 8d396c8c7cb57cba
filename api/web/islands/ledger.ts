// A Ledger at the USB port (WebHID): its first account signs, after showing what.

import "./buffers";
import Stellar from "@ledgerhq/hw-app-str";
import Transport from "@ledgerhq/hw-transport-webhid";
import { Buffer } from "buffer";
import { address, signable, signedBy } from "./envelope";
import { Refused, type Wallet } from "./wallet";

const PATH = "44'/148'/0'"; // SEP-5, the first account

async function ask<Answer>(question: (app: Stellar) => Promise<Answer>): Promise<Answer> {
  if (!("hid" in navigator)) throw new Refused("wallet", "WebHID");
  let transport: Transport | undefined;
  try {
    transport = (await Transport.create()) as Transport;
    return await question(new Stellar(transport));
  } catch (error) {
    const { name, message } = error as { name?: string; message?: string };
    if (name === "StellarUserRefusedError") throw new Refused("declined");
    if (name === "TransportOpenUserCancelled") throw new Refused("absent");
    throw new Refused("wallet", message ?? String(error));
  } finally {
    await transport?.close();
  }
}

const ledger: Wallet = {
  address: () => ask(async (app) => address((await app.getPublicKey(PATH)).rawPublicKey)),
  async network() {
    return null;
  },
  async sign(xdr, _address, passphrase) {
    const text = Buffer.from(await signable(xdr, passphrase));
    return ask(async (app) => {
      const { rawPublicKey } = await app.getPublicKey(PATH);
      const { signature } = await app.signTransaction(PATH, text);
      return { xdr: signedBy(xdr, rawPublicKey, signature), signer: address(rawPublicKey) };
    });
  },
};

export default ledger;
