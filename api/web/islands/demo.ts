// A wallet of the local ledger: its keys are public and its money is play money. The service gives
// this module to nobody on any other network.

import { digest, payload, signable, signedBy } from "./envelope";
import { Refused, type Wallet } from "./wallet";

const PKCS8 = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
const KEPT = "demo-wallet";

interface Person {
  readonly address: string;
  readonly seed: string;
}

/** The wallet remembers, for this tab, who was chosen on the page of signing in. */
export function choose(person: Person): void {
  sessionStorage.setItem(KEPT, JSON.stringify(person));
}

function chosen(): Person {
  const kept = sessionStorage.getItem(KEPT);
  if (kept === null) throw new Refused("absent");
  return JSON.parse(kept) as Person;
}

const demo: Wallet = {
  async address() {
    return chosen().address;
  },
  async network() {
    return null;
  },
  async sign(xdr, _address, passphrase) {
    const person = chosen();
    const pkcs8 = Uint8Array.from([...PKCS8, ...payload(person.seed)]);
    const key = await crypto.subtle.importKey("pkcs8", pkcs8, { name: "Ed25519" }, false, ["sign"]);
    const hash = await digest(await signable(xdr, passphrase));
    const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", key, hash));
    return { xdr: signedBy(xdr, payload(person.address), signature), signer: person.address };
  },
};

export default demo;
