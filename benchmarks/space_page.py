"""What a visitor of the Space waits for and downloads, in Debian's chromium.

    python benchmarks/space_page.py models/modern
    python benchmarks/space_page.py --address http://127.0.0.1:7860 models/modern

Every visit begins with an empty browser. "Interactive" is the moment at which the box and the
button of the Review tab are there, by the page's own clock from the beginning of its navigation.
"Click to verdict" is from the click to the verdict in the page, again by its own clock; between
two of them the page is cleared, and "What tipped it" of the one before is waited for.
"""

import shutil
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright
from running_space import REPOSITORY, average_reviews, read_reviews, running

from reeltalk.command_line import parse, run
from reeltalk.config.parts import Positional
from reeltalk.errors import ReelTalkError

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
LONGEST_WAIT_MS = 120_000
SETTLING_S = 2.0

INTERACTIVE = """() => {
  const box = document.querySelector('#review textarea');
  const button = document.querySelector('#score');
  return box && button && !button.disabled ? performance.now() : false;
}"""
CLICK = """() => new Promise(resolve => {
  const place = document.querySelector('#verdict');
  let clicked;
  const watch = new MutationObserver(() => {
    if (!place.querySelector('.card h2')) return;
    watch.disconnect();
    resolve(performance.now() - clicked);
  });
  watch.observe(place, {childList: true, subtree: true, characterData: true});
  clicked = performance.now();
  document.querySelector('#score').click();
})"""


@dataclass(frozen=True)
class BenchmarkConfig:
    """Measure the page on one model folder."""

    model: Positional[Path] = Path("models/modern")
    """Model folder; its tokenizer also says how long the texts are."""
    address: str = ""
    """A Space that runs already; one is started unless this is given."""
    deployment: Path = REPOSITORY / "deployment"
    """The app's folder; that of another checkout, to compare."""
    visits: int = 10
    """Visits with an empty browser."""
    reviews: int = 20
    """Reviews of about 230 tokens to click through."""


class Traffic:
    """What a page asks for, by the browser's own count of bytes over the wire, headers included."""

    def __init__(self, page: Page) -> None:
        """Listen from now on."""
        self.requests = 0
        self.bytes = 0
        self.hosts: set[str] = set()
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", self._asked)
        session.on("Network.dataReceived", self._received)
        session.on("Network.responseReceived", self._answered)

    def _asked(self, event: dict) -> None:
        address = urlsplit(event["request"]["url"])
        if address.scheme.startswith("http"):
            self.requests += 1
            self.hosts.add(address.netloc)

    def _answered(self, event: dict) -> None:
        self.bytes += int(event["response"]["encodedDataLength"])

    def _received(self, event: dict) -> None:
        self.bytes += event["encodedDataLength"]


def main() -> None:
    """Measure and print; fail if the page asked another host for anything."""
    config = parse(BenchmarkConfig)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise ReelTalkError("chromium is not installed: apt install chromium")
    texts = average_reviews(config.model, read_reviews(), config.reviews + 1)
    with address_of(config) as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=FLAGS)
        print_visits([visit(browser, address) for _ in range(config.visits)], address)
        # The first one warms up what the server does only once.
        print_times("click to verdict", click_through(browser, address, texts)[1:])
        browser.close()


@contextmanager
def address_of(config: BenchmarkConfig) -> Iterator[str]:
    """Give the address of the Space that is measured, with its model and its page in."""
    if config.address:
        yield config.address
        return
    with running(config.model, config.deployment) as space:
        space.wait_for_answer("modern")
        space.wait_for_page()
        yield f"http://127.0.0.1:{space.port}"


def visit(browser: Browser, address: str) -> tuple[float, Traffic]:
    """Open the page with an empty browser; give milliseconds to interactive, and the traffic."""
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    page = context.new_page()
    traffic = Traffic(page)
    milliseconds = open_page(page, address)
    page.wait_for_timeout(1000 * SETTLING_S)
    context.close()
    return milliseconds, traffic


def open_page(page: Page, address: str) -> float:
    """Go to the page; give the milliseconds until it could be used."""
    page.goto(address, wait_until="commit", timeout=LONGEST_WAIT_MS)
    there = page.wait_for_function(INTERACTIVE, timeout=LONGEST_WAIT_MS, polling="raf")
    return there.json_value()


def click_through(browser: Browser, address: str, texts: list[str]) -> list[float]:
    """Score texts one after the other; give the milliseconds from each click to its verdict."""
    page = browser.new_page(viewport={"width": 1280, "height": 860})
    page.set_default_timeout(LONGEST_WAIT_MS)
    open_page(page, address)
    times = []
    for text in texts:
        page.fill("#review textarea", text)
        times.append(page.evaluate(CLICK))
        page.wait_for_selector("#tipped section")
        page.click("#clear")
        page.wait_for_selector("#verdict .card.empty")
        time.sleep(0.2)
    page.close()
    return times


def print_visits(visits: list[tuple[float, Traffic]], address: str) -> None:
    """Print when visits became interactive and what they weighed."""
    print_times("interactive", [milliseconds for milliseconds, _ in visits])
    weight = statistics.median(traffic.bytes for _, traffic in visits)
    requests = statistics.median(traffic.requests for _, traffic in visits)
    print(f"page weight: {weight / 1e6:.2f} MB in {requests:.0f} requests")
    elsewhere = set().union(*(traffic.hosts for _, traffic in visits)) - {urlsplit(address).netloc}
    if elsewhere:
        raise ReelTalkError(f"the page asked other hosts: {', '.join(sorted(elsewhere))}")


def print_times(name: str, times: list[float]) -> None:
    """Print the median, p95 and worst of milliseconds."""
    p95 = statistics.quantiles(times, n=20, method="inclusive")[-1] if len(times) > 1 else times[0]
    print(
        f"{name}: median {statistics.median(times):.0f} ms, p95 {p95:.0f} ms, "
        f"worst {max(times):.0f} ms ({len(times)} times)"
    )


if __name__ == "__main__":
    run(main)
