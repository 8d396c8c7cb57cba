// Signing in: the wallet signs the service's challenge (SEP-10), the browser keeps the session.

import { explain, say } from "./saying";
import { load, Refused } from "./wallet";

async function signIn(button: HTMLElement): Promise<void> {
  const url = button.dataset["module"];
  if (url === undefined) return;
  say("wallet-asked");
  const wallet = await load(url);
  const { address, seed } = button.dataset;
  if (address !== undefined && seed !== undefined) {
    const demo = (await import(url)) as { choose(person: { address: string; seed: string }): void };
    demo.choose({ address, seed });
  }
  const account = await wallet.address();
  const asked = await fetch(`/auth?account=${encodeURIComponent(account)}`);
  if (!asked.ok) throw new Refused("service", ((await asked.json()) as { detail: string }).detail);
  const challenge = (await asked.json()) as { transaction: string; network_passphrase: string };
  const answer = await wallet.sign(challenge.transaction, account, challenge.network_passphrase);
  const redeemed = await fetch("/auth?session=cookie", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ transaction: answer.xdr }),
  });
  if (!redeemed.ok) throw new Refused("service", ((await redeemed.json()) as { detail: string }).detail);
  const place = button.closest<HTMLElement>("[data-to]");
  location.assign(place?.dataset["to"] ?? "/");
}

for (const button of document.querySelectorAll<HTMLButtonElement>("[data-login] [data-module]")) {
  button.disabled = false;
  button.addEventListener("click", () => {
    void signIn(button).catch(explain);
  });
}
