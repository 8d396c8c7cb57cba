// What a page says about a wallet: its sentences stand in the page, hidden until they apply.

/** Shows the sentence of this code and hides the others. */
export function say(code: string, detail = ""): void {
  for (const line of document.querySelectorAll<HTMLElement>("[data-when]")) {
    line.hidden = line.dataset["when"] !== code;
    const slot = line.querySelector("[data-detail]");
    if (slot !== null) slot.textContent = detail;
  }
}

/** Says what went wrong. Errors of other modules are told by their code, not by their class. */
export function explain(error: unknown): void {
  const { code, detail } = error as { code?: unknown; detail?: unknown };
  const known = typeof code === "string" && document.querySelector(`[data-when="${CSS.escape(code)}"]`);
  if (known) say(code as string, typeof detail === "string" ? detail : "");
  else say("failed", error instanceof Error ? error.message : String(error));
}
