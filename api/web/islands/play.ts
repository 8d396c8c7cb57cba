// Letting time pass on the local ledger: its clock moves, and the page waits until that is shown.

const DAY = 86_400;
const LOOK = 200; // milliseconds between two looks

async function call(rpc: string, method: string, params: object): Promise<{ sequence: number }> {
  const answer = await fetch(rpc, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  return ((await answer.json()) as { result: { sequence: number } }).result;
}

async function shown(): Promise<number> {
  const answer = await fetch("/v1/platform");
  return ((await answer.json()) as { meta: { as_of_ledger: number } }).meta.as_of_ledger;
}

async function pass(rpc: string, days: number): Promise<void> {
  await call(rpc, "dev_advanceTime", { seconds: days * DAY });
  const { sequence } = await call(rpc, "getLatestLedger", {});
  while ((await shown()) < sequence) await new Promise((resume) => setTimeout(resume, LOOK));
  location.reload();
}

for (const button of document.querySelectorAll<HTMLButtonElement>("[data-pass]")) {
  button.disabled = false;
  button.addEventListener("click", () => {
    button.disabled = true;
    const rpc = button.closest<HTMLElement>("[data-rpc]")?.dataset["rpc"] ?? "";
    void pass(rpc, Number(button.dataset["pass"])).finally(() => {
      button.disabled = false;
    });
  });
}
