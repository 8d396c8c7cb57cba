// LOBSTR's signer extension, by its own module. It signs with the account it was asked for last.

import { getPublicKey, isConnected, signTransaction } from "@lobstrco/signer-extension-api";
import { Refused, type Wallet } from "./wallet";

/** Its errors are texts or objects with a message; "reject" and "declin" in them mean no. */
function refused(error: unknown): Refused {
  const told = (error as { message?: unknown }).message ?? error;
  const text = typeof told === "string" ? told : JSON.stringify(told);
  return /reject|declin|denied/i.test(text) ? new Refused("declined") : new Refused("wallet", text);
}

async function ask<Answer>(question: Promise<Answer>): Promise<Answer> {
  return question.catch((error: unknown) => {
    throw refused(error);
  });
}

const lobstr: Wallet = {
  async address() {
    if (!(await isConnected())) throw new Refused("absent");
    return ask(getPublicKey());
  },
  async network() {
    return null;
  },
  async sign(xdr) {
    return { xdr: await ask(signTransaction(xdr)), signer: "" };
  },
};

export default lobstr;
