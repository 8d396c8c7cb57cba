// Albedo: a page of its own in a window, by its own module. Nothing of it is loaded into ours.

import albedo from "@albedo-link/intent";
import { Refused, type Wallet } from "./wallet";

const DECLINED = -4;

async function ask<Answer>(question: Promise<Answer>): Promise<Answer> {
  return question.catch((error: unknown) => {
    const told = (error as { error?: unknown }).error ?? error; // it wraps what its page answered
    const { code, message } = told as { code?: number; message?: string };
    throw code === DECLINED ? new Refused("declined") : new Refused("wallet", message ?? String(error));
  });
}

let known = ""; // each question is a window: the account is asked for once a page

const wallet: Wallet = {
  async address() {
    if (known === "") known = (await ask(albedo.publicKey({}))).pubkey;
    return known;
  },
  async network() {
    return null;
  },
  async sign(xdr, address, passphrase) {
    const answer = await ask(albedo.tx({ xdr, pubkey: address, network: passphrase, submit: false }));
    return { xdr: answer.signed_envelope_xdr, signer: "" };
  },
};

export default wallet;
