// What every page can do: live, have its figures stepped through by keyboard, copy what is meant to be.

import { follow } from "./live";

follow();

for (const figure of document.querySelectorAll<HTMLElement>(".figure")) {
  const said = figure.querySelector<HTMLOutputElement>("output");
  for (const chart of figure.querySelectorAll<SVGElement>("svg.chart")) {
    const marks = [...chart.querySelectorAll<SVGElement>("[data-say]")];
    let at = -1;
    const show = (next: number): void => {
      marks[at]?.classList.remove("here");
      at = Math.max(0, Math.min(marks.length - 1, next));
      marks[at]?.classList.add("here");
      if (said !== null) said.textContent = marks[at]?.dataset["say"] ?? "";
    };
    chart.addEventListener("keydown", (event) => {
      if (event.key === "ArrowRight" || event.key === "ArrowDown") show(at + 1);
      else if (event.key === "ArrowLeft" || event.key === "ArrowUp") show(at - 1);
      else if (event.key === "Enter" && marks[at]?.dataset["href"]) location.assign(marks[at]?.dataset["href"] ?? "");
      else return;
      event.preventDefault();
    });
    for (const [number, mark] of marks.entries()) {
      mark.addEventListener("pointerenter", () => show(number));
      if (mark.dataset["href"]) mark.addEventListener("click", () => location.assign(mark.dataset["href"] ?? ""));
    }
  }
}

for (const button of document.querySelectorAll<HTMLButtonElement>("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => void navigator.clipboard.writeText(button.dataset["copy"] ?? ""));
}
