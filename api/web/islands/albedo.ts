// Albedo: a page of its own in a window, by its own module. Nothing of it is loaded into ours.

import albedo from "@albedo-link/intent";
import { hinted } from "./envelope";
import { Refused, type Wallet } from "./wallet";

const DECLINED = -4;

async function ask<Answer>(question: Promise<Answer>): Promise<Answer> {
  return question.catch((error: unknown) => {
    const told = (error as { error?: unknown }).error ?? error; // it wraps what its page answered
    const { code, message } = told as { code?: number; message?: string };
    throw code === DECLINED ? new Refused("declined") : new Refused("wallet", message ?? String(error));
  });
}

const wallet: Wallet = {
  async address(wanted) {
    // Each question is a window, and a browser lets one click open one: the signature tells who signed.
    return wanted ?? (await ask(albedo.publicKey({}))).pubkey;
  },
  async network() {
    return null;
  },
  async sign(xdr, address, passphrase) {
    const answer = await ask(albedo.tx({ xdr, pubkey: address, network: passphrase, submit: false }));
    if (!hinted(answer.signed_envelope_xdr, address)) throw new Refused("account");
    return { xdr: answer.signed_envelope_xdr, signer: "" };
  },
};

export default wallet;
