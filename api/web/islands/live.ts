// Living pages: a hint that something changed has the page fetched again, and its parts replaced.
// What somebody is typing in stays as it is; what changed is marked for three seconds.

const MARKED = 3000; // milliseconds

async function refresh(): Promise<void> {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const next = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll<HTMLElement>("[data-part]")) {
    const fresh = next.getElementById(part.id);
    if (fresh === null || fresh.innerHTML === part.innerHTML || part.contains(document.activeElement)) continue;
    part.replaceChildren(...fresh.childNodes);
    part.classList.add("changed");
    setTimeout(() => part.classList.remove("changed"), MARKED);
  }
}

/** Follows the topics that the page names. Browsers come back by themselves and are told what they missed. */
export function follow(): void {
  const topics = document.body.dataset["live"];
  if (!topics || document.querySelector("[data-part]") === null) return;
  let first = true;
  const stream = new EventSource(`/v1/events?topics=${encodeURIComponent(topics)}`);
  stream.addEventListener("hint", (event) => {
    const hint = JSON.parse((event as MessageEvent<string>).data) as { topics: string[] };
    // The first one only tells where the stream stands; the page is as new as that.
    if (!first || hint.topics.length > 0) void refresh();
    first = false;
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") void refresh();
  });
}
