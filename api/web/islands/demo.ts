// A wallet of the local ledger: its keys are public and its money is play money. The service gives
// this module to nobody on any other network.

import { base64, bytes, Refused, type Wallet } from "./wallet";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const PKCS8 = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
const TRANSACTION = [0, 0, 0, 2]; // ENVELOPE_TYPE_TX
const KEPT = "demo-wallet";

interface Person {
  readonly address: string;
  readonly seed: string;
}

/** The 32 bytes of a strkey (G... or S...): version, payload, checksum. */
function payload(strkey: string): Uint8Array<ArrayBuffer> {
  const found: number[] = [];
  let bits = 0;
  let value = 0;
  for (const sign of strkey) {
    value = (value << 5) | ALPHABET.indexOf(sign);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      found.push((value >>> bits) & 255);
    }
  }
  return Uint8Array.from(found.slice(1, 33));
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

async function digest(...parts: ArrayLike<number>[]): Promise<Uint8Array<ArrayBuffer>> {
  const whole = Uint8Array.from(parts.flatMap((part) => Array.from(part)));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
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
    const envelope = bytes(xdr);
    const signatures = new DataView(envelope.buffer).getUint32(envelope.length - 4);
    const network = await digest(new TextEncoder().encode(passphrase));
    if (signatures !== 0) return { xdr: await cosigned(envelope, network, person), signer: person.address };
    const body = envelope.slice(4, -4);
    const signature = await sign(await digest(network, TRANSACTION, body), person);
    const count = [0, 0, 0, 1];
    return { xdr: joined([envelope.slice(0, -4), count, signature]), signer: person.address };
  },
};

/** Adds a signature behind the one that a sign-in challenge comes with (64 bytes, its hint, its length). */
async function cosigned(envelope: Uint8Array, network: Uint8Array, person: Person): Promise<string> {
  const one = 4 + 4 + 64;
  const body = envelope.slice(4, envelope.length - one - 4);
  const signature = await sign(await digest(network, TRANSACTION, body), person);
  return joined([envelope.slice(0, envelope.length - one - 4), [0, 0, 0, 2], envelope.slice(-one), signature]);
}

/** A decorated signature: the key's last four bytes, the length, 64 bytes. */
async function sign(hash: Uint8Array<ArrayBuffer>, person: Person): Promise<ArrayLike<number>> {
  const pkcs8 = Uint8Array.from([...PKCS8, ...payload(person.seed)]);
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, { name: "Ed25519" }, false, ["sign"]);
  const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", key, hash));
  return [...payload(person.address).slice(-4), 0, 0, 0, 64, ...signature];
}

function joined(parts: ArrayLike<number>[]): string {
  return base64(Uint8Array.from(parts.flatMap((part) => Array.from(part))));
}

export default demo;
