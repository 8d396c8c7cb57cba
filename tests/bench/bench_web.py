"""`make bench-web`: what each page costs whoever opens it, beside the budgets of the design.

A telephone: 360 x 800, 1.6 Mbit/s, 150 ms, a quarter of this processor, nothing kept from before;
medians of several loads. Server times are of requests one after the other. ONLY= names screens,
LOADS= how often each is opened.
"""

from __future__ import annotations

import math
import os
import statistics
import time
from typing import Any

import httpx
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

from stellarsettle.wallet import Wallet
from tests.bench.meter import report
from tests.web.scenes import Scene, alone, be, chromium
from tests.web.screens import SCREENS, Screen

LOADS = int(os.environ.get("LOADS") or 5)
ONLY = [name for name in os.environ.get("ONLY", "").split(",") if name]
_REQUESTS = 40
_NETWORK = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
}
_WATCH = """
window.seen = { lcp: 0, cls: 0, blocking: 0, inp: 0 };
const watch = (type, note, more = {}) =>
  new PerformanceObserver((list) => list.getEntries().forEach(note))
    .observe({ type, buffered: true, ...more });
watch("largest-contentful-paint", (entry) => { seen.lcp = entry.startTime; });
watch("layout-shift", (entry) => { if (!entry.hadRecentInput) seen.cls += entry.value; });
watch("longtask", (entry) => { seen.blocking += Math.max(0, entry.duration - 50); });
watch("event", (entry) => {
  if (entry.interactionId) seen.inp = Math.max(seen.inp, entry.duration);
}, { durationThreshold: 16 });
"""
_SETTLED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
_PUBLIC = {"lcp_ms": 1_200, "inp_ms": 100, "cls": 0.02, "requests": 6, "server_p95_ms": 30,
           "html_css_kb": 24, "js_kb": 18}  # fmt: skip
_SIGNED_IN = {"lcp_ms": 1_800, "inp_ms": 150, "cls": 0.05, "requests": 10, "server_p95_ms": 60,
              "html_css_kb": 40, "js_kb": 24}  # fmt: skip


class Wire:
    """What came over the wire for one page, as the browser's network counted it."""

    def __init__(self, devtools: CDPSession) -> None:
        self._kinds: dict[str, str] = {}
        self.kilobytes: dict[str, float] = {}
        devtools.on("Network.responseReceived", self._came)
        devtools.on("Network.loadingFinished", self._ended)

    @property
    def requests(self) -> int:
        return len(self._kinds)

    def of(self, *kinds: str) -> float:
        return round(sum(self.kilobytes.get(kind, 0.0) for kind in kinds), 1)

    def _came(self, told: dict[str, Any]) -> None:
        if not told["response"]["url"].startswith("data:"):
            self._kinds[told["requestId"]] = told["type"]

    def _ended(self, told: dict[str, Any]) -> None:
        kind = self._kinds.get(told["requestId"])
        if kind is not None:
            so_far = self.kilobytes.get(kind, 0.0)
            self.kilobytes[kind] = so_far + told["encodedDataLength"] / 1000


def opened(context: BrowserContext, url: str) -> dict[str, float]:
    """One load of a page, and what it takes to answer a key and a touch."""
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    wire = Wire(devtools)
    devtools.send("Network.enable")
    devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    devtools.send("Network.emulateNetworkConditions", _NETWORK)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.goto(url, wait_until="load")
    page.evaluate(_SETTLED)
    loaded = _seen(page)
    page.keyboard.press("Tab")
    page.locator("main h1").first.click()
    page.evaluate(_SETTLED)
    found = {
        "lcp_ms": loaded["lcp"],
        "blocking_ms": loaded["blocking"],
        "inp_ms": _seen(page)["inp"],
        "cls": loaded["cls"],
        "requests": float(wire.requests),
        "html_css_kb": wire.of("Document", "Stylesheet"),
        "js_kb": wire.of("Script"),
    }
    page.close()
    return found


def _seen(page: Page) -> dict[str, float]:
    seen: dict[str, float] = page.evaluate("window.seen")
    return seen


def measured(browser: Browser, state: Any, url: str) -> dict[str, float]:
    """Medians of several loads, each in a browser that was never here, and the server's share."""
    loads = []
    for _ in range(LOADS):
        context = browser.new_context(
            storage_state=state, viewport={"width": 360, "height": 800}, has_touch=False
        )
        context.add_init_script(_WATCH)
        loads.append(opened(context, url))
        context.close()
    medians = {name: statistics.median(load[name] for load in loads) for name in loads[0]}
    return medians | {"server_p95_ms": _server(state, url)}


def _server(state: Any, url: str) -> float:
    """The nearest-rank 95th percentile of requests one after the other, in milliseconds."""
    cookies = {one["name"]: one["value"] for one in (state or {}).get("cookies", [])}
    took = []
    with httpx.Client(headers={"Accept": "text/html"}, cookies=cookies) as client:
        for number in range(_REQUESTS + 5):
            began = time.perf_counter()
            client.get(url)
            if number >= 5:
                took.append((time.perf_counter() - began) * 1000)
    return sorted(took)[math.ceil(len(took) * 0.95) - 1]


def _signed_in(browser: Browser, scene: Scene, wallet: Wallet) -> Any:
    context = browser.new_context()
    be(context.new_page(), scene, wallet)
    state = context.storage_state()
    context.close()
    return state


def main() -> None:
    with alone() as scene, chromium() as browser:
        states: dict[str, Any] = {}
        for name, screen in _chosen().items():
            state = None
            if screen.who is not None:
                wallet = screen.who(scene)
                if wallet.address not in states:
                    states[wallet.address] = _signed_in(browser, scene, wallet)
                state = states[wallet.address]
            found = measured(browser, state, scene.url + screen.where(scene))
            budget = _PUBLIC if state is None else _SIGNED_IN
            over = [figure for figure, most in budget.items() if found[figure] > most]
            rounded = {figure: round(value, 3) for figure, value in found.items()}
            load = round(os.getloadavg()[0], 1)
            report(bench="web.page", page=name, **rounded, over=over, loads=LOADS, load_1m=load)


def _chosen() -> dict[str, Screen]:
    return {name: screen for name, screen in SCREENS.items() if not ONLY or name in ONLY}


if __name__ == "__main__":
    main()
