// A transaction's page: signing, handing it to the ledger, and looking until it is shown here.

import { explain, say } from "./saying";
import { load, Refused, signed } from "./wallet";

const LOOK = 1000; // milliseconds between two looks

function stepper(): HTMLElement | null {
  return document.querySelector("[data-intent]");
}

interface Sent {
  readonly result?: { readonly status: string; readonly hash: string };
}

/** What the node says of a transaction; `Refused("node")` where it says nothing. */
async function sent(rpc: string, transaction: string): Promise<Sent> {
  try {
    const answer = await fetch(rpc, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "sendTransaction", params: { transaction } }),
    });
    return (await answer.json()) as Sent;
  } catch {
    throw new Refused("node");
  }
}

/** Hands a signed transaction to the node itself; a ledger that is full is tried again. */
async function submit(rpc: string, transaction: string): Promise<string> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const { result } = await sent(rpc, transaction);
    if (result === undefined) throw new Refused("node");
    if (result.status === "PENDING" || result.status === "DUPLICATE") return result.hash;
    if (result.status !== "TRY_AGAIN_LATER") throw new Refused("ledger", result.status);
    await new Promise((resume) => setTimeout(resume, 5 * LOOK));
  }
  throw new Refused("busy");
}

async function act(button: HTMLElement): Promise<void> {
  const intent = stepper();
  const url = button.dataset["module"];
  if (intent === null || url === undefined) return;
  const { xdr = "", source = "", passphrase = "", rpc = "", csrf = "" } = intent.dataset;
  say("wallet-asked");
  const transaction = await signed(await load(url), xdr, source, passphrase);
  say("sending");
  const hash = await submit(rpc, transaction);
  // It is in the ledger's hands now. Whoever cannot be told of it finds it without: that is no failure.
  await fetch(`/v1/transactions/${intent.dataset["intent"]}/hint`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
    body: JSON.stringify({ hash }),
  }).catch(() => undefined);
  say("");
  await look().catch(follow);
}

/** Fetches this page anew and takes its stepper; goes on until the end is reached. */
async function look(): Promise<void> {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  const shown = stepper();
  if (answer.ok && shown !== null) {
    const next = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-intent]");
    if (next !== null && next.innerHTML !== shown.innerHTML) {
      shown.replaceWith(next);
      listen();
    }
  }
  follow();
}

function follow(): void {
  if (stepper()?.dataset["open"] === "yes") setTimeout(() => void look().catch(follow), LOOK);
}

function listen(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-intent] [data-module]")) {
    button.disabled = false;
    button.addEventListener("click", () => {
      button.disabled = true;
      act(button)
        .catch(explain)
        .finally(() => {
          button.disabled = false;
        });
    });
  }
}

listen();
follow();
