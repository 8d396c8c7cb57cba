// xBull: its extension where it is, else its own page in a window, both by its own module.

import { xBullWalletConnect } from "@creit.tech/xbull-wallet-connect";
import { Refused, type Wallet } from "./wallet";

const DECLINED = -4;

/** One conversation; the window is closed behind it, and closing it says no. */
async function ask<Answer>(question: (bridge: xBullWalletConnect) => Promise<Answer>): Promise<Answer> {
  const bridge = new xBullWalletConnect();
  try {
    return await question(bridge);
  } catch (error) {
    const { code, message, name } = error as { code?: number; message?: string; name?: string };
    const closed = name === "EmptyError";
    if (code === DECLINED || closed || message === "Request rejected from the wallet") throw new Refused("declined");
    throw new Refused("wallet", message ?? String(error));
  } finally {
    bridge.closeConnections();
  }
}

const xbull: Wallet = {
  address: () => ask((bridge) => bridge.connect()),
  async network() {
    return null;
  },
  async sign(xdr, address, passphrase) {
    const signed = await ask((bridge) => bridge.sign({ xdr, publicKey: address, network: passphrase }));
    return { xdr: signed, signer: "" };
  },
};

export default xbull;
