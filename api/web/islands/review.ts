// Reviewing a document: a field and its place on the page light up together; Enter goes on.

function light(name: string | undefined): void {
  for (const box of document.querySelectorAll<SVGElement>("[data-box]"))
    box.classList.toggle("lit", box.dataset["box"] === name);
}

const fields = [...document.querySelectorAll<HTMLElement>("[data-field]")];
for (const [place, field] of fields.entries()) {
  const input = field.querySelector("input");
  input?.addEventListener("focus", () => {
    light(field.dataset["field"]);
    document.querySelector(`[data-box="${CSS.escape(field.dataset["field"] ?? "")}"]`)?.scrollIntoView({ block: "nearest" });
  });
  input?.addEventListener("keydown", (event) => {
    const next = fields[place + 1]?.querySelector("input");
    if (event.key === "Enter" && next) {
      event.preventDefault();
      next.focus();
    }
  });
}

for (const box of document.querySelectorAll<SVGElement>("[data-box]"))
  box.addEventListener("click", () => document.getElementById(`f-${box.dataset["box"]}`)?.focus());

const state = document.querySelector<HTMLElement>("[data-document]");
if (state?.dataset["open"] === "yes") setTimeout(() => location.reload(), 1000);
