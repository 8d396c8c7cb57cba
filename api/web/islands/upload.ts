// Uploading a document: chosen or dropped, sent as it is, with its progress.

const form = document.querySelector<HTMLFormElement>("[data-upload]");
const input = form?.querySelector<HTMLInputElement>("input[type=file]");
const bar = form?.querySelector("progress");
const problem = form?.querySelector<HTMLElement>("[data-problem]");

function fail(text: string): void {
  if (problem) {
    problem.textContent = text;
    problem.hidden = false;
  }
  if (bar) bar.hidden = true;
  if (input) input.disabled = false;
}

/** XMLHttpRequest, since fetch tells nothing of what was sent. */
function send(file: File): void {
  if (!form || !input || !bar || !problem) return;
  problem.hidden = true;
  bar.hidden = false;
  input.disabled = true;
  const request = new XMLHttpRequest();
  request.open("POST", `/v1/documents?name=${encodeURIComponent(file.name.slice(0, 200))}`);
  request.setRequestHeader("X-CSRF-Token", form.dataset["csrf"] ?? "");
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
  });
  request.addEventListener("load", () => {
    const answer = JSON.parse(request.responseText) as { id?: string; detail?: string; remedy?: string };
    if (request.status < 300 && answer.id) location.assign(`/seller/documents/${answer.id}`);
    else fail(`${answer.detail ?? request.status} ${answer.remedy ?? ""}`);
  });
  request.addEventListener("error", () => fail("…"));
  request.send(file);
}

if (form && input) {
  input.disabled = false;
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    if (file) send(file);
  });
  form.addEventListener("dragover", (event) => event.preventDefault());
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    if (file) send(file);
  });
}
