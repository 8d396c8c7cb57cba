// Transaction envelopes (XDR) and account addresses (strkey), as far as wallets without a mind of
// their own need them: what is to be signed, and a signature put where it belongs.

import { base64, bytes } from "./wallet";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const ACCOUNT = 6 << 3; // strkey's version of an account: G
const TRANSACTION = [0, 0, 0, 2]; // ENVELOPE_TYPE_TX
const SIGNATURE = 4 + 4 + 64; // hint, length, Ed25519

/** The 32 bytes of a strkey (G... or S...): version, payload, checksum. */
export function payload(strkey: string): Uint8Array<ArrayBuffer> {
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

/** The address (G...) of a public key. */
export function address(key: ArrayLike<number>): string {
  const plain = [ACCOUNT, ...Array.from(key)];
  const sum = checksum(plain);
  let text = "";
  let bits = 0;
  let value = 0;
  for (const byte of [...plain, sum & 255, sum >>> 8]) {
    value = ((value << 8) | byte) & 0xffff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(value >>> bits) & 31];
    }
  }
  return text;
}

/** CRC16-XModem, which ends a strkey, low byte first. */
function checksum(data: readonly number[]): number {
  let sum = 0;
  for (const byte of data) {
    sum ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) sum = sum & 0x8000 ? ((sum << 1) ^ 0x1021) & 0xffff : (sum << 1) & 0xffff;
  }
  return sum;
}

export async function digest(...parts: ArrayLike<number>[]): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", joined(parts)));
}

/** Where the signatures of an envelope begin: none, or the one that a sign-in challenge comes with. */
function ending(envelope: Uint8Array<ArrayBuffer>): number {
  const none = new DataView(envelope.buffer).getUint32(envelope.length - 4) === 0;
  return envelope.length - 4 - (none ? 0 : SIGNATURE);
}

/** What a key signs the hash of: the network, the kind, the transaction. */
export async function signable(xdr: string, passphrase: string): Promise<Uint8Array<ArrayBuffer>> {
  const envelope = bytes(xdr);
  const network = await digest(new TextEncoder().encode(passphrase));
  return joined([network, TRANSACTION, envelope.slice(4, ending(envelope))]);
}

/** The envelope with a signature (64 bytes) of this key behind what it has. */
export function signedBy(xdr: string, key: ArrayLike<number>, signature: ArrayLike<number>): string {
  const envelope = bytes(xdr);
  const end = ending(envelope);
  const before = envelope.slice(end + 4);
  const hint = Array.from(key).slice(-4);
  const count = [0, 0, 0, before.length === 0 ? 1 : 2];
  return base64(joined([envelope.slice(0, end), count, before, hint, [0, 0, 0, 64], signature]));
}

/** Whether the last signature says that it is of this account: by the last four bytes of its key. */
export function hinted(xdr: string, address: string): boolean {
  const hint = bytes(xdr).slice(-SIGNATURE).slice(0, 4);
  return payload(address).slice(-4).every((byte, at) => byte === hint[at]);
}

function joined(parts: ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parts.flatMap((part) => Array.from(part)));
}
