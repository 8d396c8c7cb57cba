// What every wallet can do, and the checks around it: nothing is trusted that can be compared.

export interface Signed {
  readonly xdr: string;
  readonly signer: string;
}

export interface Wallet {
  /** The account that the wallet would sign with; `wanted` where only signing tells which. */
  address(wanted?: string): Promise<string>;
  /** The passphrase of the network that the wallet is on; null where it does not tell. */
  network(): Promise<string | null>;
  /** Signs a transaction envelope (XDR, base64). Throws `Refused("declined")` if the person says no. */
  sign(xdr: string, address: string, passphrase: string): Promise<Signed>;
}

/** Something does not fit, or the person said no; `code` names the sentence the page has for it. */
export class Refused extends Error {
  constructor(readonly code: string, readonly detail = "") {
    super(code);
  }
}

/** A module's wallet. The page names where it is, so that nobody loads what nobody chose. */
export async function load(url: string): Promise<Wallet> {
  const module = (await import(url)) as { default: Wallet };
  return module.default;
}

export function bytes(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
}

export function base64(data: Uint8Array): string {
  let text = "";
  for (const byte of data) text += String.fromCharCode(byte);
  return btoa(text);
}

/** Where an envelope's fee lies: behind the kind (4), the key's kind (4) and the key (32). */
const FEE = { start: 40, end: 44 };

/** Whether `signed` is `unsigned` with signatures; a fee that the wallet raised is let pass. */
export function same(unsigned: string, signed: string): "same" | "fee" | "other" {
  const before = bytes(unsigned);
  const after = bytes(signed);
  const body = before.length - 4; // what follows is the number of signatures: none
  if (after.length <= before.length) return "other";
  let verdict: "same" | "fee" = "same";
  for (let at = 0; at < body; at++) {
    if (before[at] === after[at]) continue;
    if (at < FEE.start || at >= FEE.end) return "other";
    verdict = "fee";
  }
  return verdict;
}

/** Asks the wallet, and compares account, network, signer and what was signed. */
export async function signed(wallet: Wallet, xdr: string, source: string, passphrase: string): Promise<string> {
  const address = await wallet.address(source);
  if (address !== source) throw new Refused("account", address);
  const network = await wallet.network();
  if (network !== null && network !== passphrase) throw new Refused("network", network);
  const answer = await wallet.sign(xdr, source, passphrase);
  if (answer.signer && answer.signer !== source) throw new Refused("account", answer.signer);
  if (same(xdr, answer.xdr) === "other") throw new Refused("altered");
  return answer.xdr;
}
