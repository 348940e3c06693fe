"""A visitor's ways through the page, in a real browser: no request leaves it, no error is seen."""

import os
import shutil
import socket
import subprocess
import tarfile
import threading
import time
from pathlib import Path

import pytest

from tests.deployment.running import RunningSpace

REQUIRED = "REELTALK_REQUIRE_BROWSER" in os.environ
if REQUIRED:
    import playwright.sync_api as playwright
else:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
HOSTILE = "<script>alert(1)</script> ${alert(2)} {{7*7}} <img src=x onerror=alert(3)> great acting"
AXE = "axe-core@4.14.1"
TABS = ("Review", "Compare", "Batch", "About")
LOOKS = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None and not REQUIRED, reason="chromium is not installed: apt install chromium"
    ),
]


@pytest.fixture(scope="module")
def browser():
    assert CHROMIUM, "REELTALK_REQUIRE_BROWSER is set, and chromium is not installed"
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page_of(browser, model_space):
    """Open the page in a size and scheme; at the end nothing may have gone wrong in any."""
    troubles, pages = [], []

    def open_page(width=1280, scheme="light", query=""):
        page = browser.new_page(
            viewport={"width": width, "height": 860}, color_scheme=scheme, accept_downloads=True
        )
        pages.append(page)
        watch(page, model_space.url, troubles)
        page.goto(f"{model_space.url}/?__theme={scheme}{query}")
        page.wait_for_selector("#review textarea")
        return page

    yield open_page
    for page in pages:
        page.close()
    assert troubles == []


@pytest.fixture(scope="session")
def axe(tmp_path_factory) -> str:
    """The source of axe-core, from npm."""
    folder = tmp_path_factory.mktemp("axe")
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed, and axe-core comes from there")
    command = [npm, "pack", AXE, "--silent", f"--cache={folder / 'cache'}"]
    try:
        packed = subprocess.run(command, cwd=folder, capture_output=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm does not answer, and {AXE} comes from there")
    if packed.returncode:
        pytest.skip(f"npm cannot fetch {AXE}: {packed.stderr.decode()[-200:]}")
    (archive,) = folder.glob("*.tgz")
    with tarfile.open(archive) as packed_files:
        source = packed_files.extractfile("package/axe.min.js")
        return source.read().decode("utf-8")


def watch(page, url, troubles) -> None:
    """Note every request to another host, failure, error and dialog."""

    def note(kind, text):
        troubles.append((kind, text))

    def request_failed(request):
        # Gradio closes its event stream when an answer is complete.
        if "/queue/data" not in request.url:
            note("failed", request.url)

    def request_made(request):
        if not request.url.startswith((url, "data:", "blob:")):
            note("elsewhere", request.url)

    def dialog_opened(dialog):
        note("dialog", dialog.message)
        dialog.dismiss()

    page.on("request", request_made)
    page.on("requestfailed", request_failed)
    page.on("response", lambda r: note("status", r.url) if r.status >= 400 else None)
    page.on("pageerror", lambda error: note("error", str(error)))
    page.on("console", lambda m: note("console", m.text) if m.type == "error" else None)
    page.on("dialog", dialog_opened)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_typing_and_clicking_gives_a_verdict_that_fits_the_page(page_of, width, scheme):
    page = page_of(width, scheme)
    page.fill("#review textarea", "The acting is great and the music superb.")
    page.click("#score")
    page.wait_for_selector("#verdict .card.positive h2")
    page.wait_for_selector("#tipped section")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.locator("#right-yes").is_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_every_chip_runs_on_click(page_of, width):
    page = page_of(width)
    for chip in ("rave", "pan", "slang", "mixed", "lukewarm", "sarcasm"):
        page.click(f"#chip-{chip}")
        page.wait_for_function("document.querySelector('#review textarea').value.length > 50")
        page.wait_for_selector("#verdict .card h2")
        page.click("#clear")
        page.wait_for_selector("#verdict .card.empty")


def test_the_keyboard_alone_is_enough(page_of):
    page = page_of()
    page.focus("#review textarea")
    page.keyboard.type("The script is awful and boring.")
    page.keyboard.press("Shift+Enter")
    page.wait_for_selector("#verdict .card.negative h2")


def test_clear_empties_the_page_and_focuses_the_box(page_of):
    page = page_of()
    page.click("#chip-pan")
    page.wait_for_selector("#tipped section")
    page.click("#clear")
    page.wait_for_selector("#verdict .card.empty")
    page.wait_for_function("document.activeElement.tagName === 'TEXTAREA'")
    assert page.input_value("#review textarea") == ""
    assert page.locator("#tipped section").count() == 0


def test_what_is_typed_right_after_clear_stays(page_of):
    page = page_of()
    page.click("#chip-pan")
    page.wait_for_selector("#verdict .card h2")
    page.route("**/queue/join*", lambda route: (time.sleep(0.5), route.continue_()))
    page.click("#clear")
    page.keyboard.type("A new one.")
    page.wait_for_selector("#verdict .card.empty")
    assert page.input_value("#review textarea") == "A new one."


@pytest.mark.parametrize(
    ("text", "selector", "words"),
    [
        ("   ", "#verdict .card.message", "no text yet"),
        ("x " * 10_001, "#verdict .card.message", "at most 20,000"),
        ("... ???", "#verdict .card.unreadable", "Can\u2019t tell"),
        ("great " * 300, "#verdict .strip li", ""),
    ],
)
def test_each_state_is_told_and_the_text_is_kept(page_of, text, selector, words):
    page = page_of()
    page.fill("#review textarea", text)
    page.click("#score")
    page.wait_for_selector(selector)
    assert words in page.inner_text("#verdict")
    assert page.input_value("#review textarea") == text


def test_hostile_text_stays_text_in_the_box_and_in_the_url(page_of):
    from urllib.parse import quote

    page = page_of(query="&text=" + quote(HOSTILE))
    page.wait_for_function("document.querySelector('#review textarea').value.length > 50")
    assert page.input_value("#review textarea") == HOSTILE
    page.click("#score")
    page.wait_for_selector("#tipped section")
    page.get_by_role("tab", name="Compare").click()
    page.fill("#compare-review textarea", HOSTILE)
    page.click("#compare")
    page.wait_for_selector("#modern-card .card h2")
    assert page.locator("#verdict script, #tipped script, #tipped img").count() == 0


def test_batch_scores_a_file_and_gives_it_back_without_formulas(page_of, tmp_path):
    file = tmp_path / "mine.csv"
    rows = ["The acting is great.", "=1+1 superb", HOSTILE.replace('"', ""), ""] * 30
    file.write_text("id,review\n" + "".join(f'{i},"{row}"\n' for i, row in enumerate(rows)))
    page = page_of()
    page.get_by_role("tab", name="Batch").click()
    page.set_input_files("#batch-file input[type=file]", file)
    page.wait_for_function("document.querySelector('#batch-start').innerText.includes('120')")
    page.click("#batch-start")
    page.wait_for_selector("#batch-result .share")
    assert "90 scored, 30 blank skipped" in page.inner_text("#batch-result")
    with page.expect_download() as download:
        page.click("#batch-download")
    download.value.save_as(tmp_path / "scored.csv")
    assert download.value.suggested_filename == "mine-scored.csv"
    assert "'=1+1 superb" in (tmp_path / "scored.csv").read_text(encoding="utf-8-sig")
    assert page.locator("#batch-rows script, #batch-rows img").count() == 0


def test_stop_stops_and_keeps_what_was_scored(page_of, tmp_path):
    file = tmp_path / "many.txt"
    file.write_text(("The acting is great and the music superb, " * 60 + "\n") * 2000)
    page = page_of()
    page.get_by_role("tab", name="Batch").click()
    page.set_input_files("#batch-file input[type=file]", file)
    page.wait_for_function("document.querySelector('#batch-start').innerText.includes('2,000')")
    page.click("#batch-start")
    page.wait_for_selector("#batch-result .progress")
    page.click("#batch-stop")
    page.wait_for_selector("#batch-result .share", timeout=5000)
    assert "stopped after" in page.inner_text("#batch-result")


def test_feedback_is_kept_once_and_without_the_text(page_of, model_space):
    page = page_of()
    page.click("#chip-rave")
    page.wait_for_selector("#right-yes")
    page.click("#right-yes")
    page.wait_for_selector("#thanks p")
    kept = "".join(file.read_text() for file in Path(model_space.feedback).iterdir())
    assert '"right": true' in kept and "miracle" not in kept


def test_the_about_tab_shows_measured_figures(page_of):
    page = page_of(390)
    page.get_by_role("tab", name="About").click()
    page.wait_for_selector("#about table")
    assert "90.5% (90.2 to 90.9)" in page.inner_text("#about")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.locator("footer .divider:visible").count() == 0  # beside one link, not between two


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_axe_finds_no_violation_on_any_tab(page_of, axe, tmp_path, width, scheme):
    file = tmp_path / "mine.txt"
    file.write_text("The acting is great.\nThe script is awful.\nSo-so.\n")
    page = page_of(width, scheme)
    page.fill("#review textarea", "The acting is great and the music superb. " * 3)
    page.click("#score")
    page.wait_for_selector("#tipped section")
    page.get_by_role("tab", name="Batch").click()
    page.set_input_files("#batch-file input[type=file]", file)
    page.wait_for_selector("#batch-start:not([disabled])")
    page.click("#batch-start")
    page.wait_for_selector("#batch-rows table")
    page.evaluate(axe)
    found = {}
    for tab in TABS:
        page.get_by_role("tab", name=tab).click()
        page.wait_for_timeout(400)  # what appears has finished appearing
        for violation in page.evaluate("axe.run().then(result => result.violations)"):
            nodes = [node["html"][:160] for node in violation["nodes"]]
            found.setdefault(violation["id"], []).append((tab, nodes))
    assert found == {}


def test_the_banner_names_who_answers_and_why(browser, offline_space):
    offline_space.wait_for_page()
    offline_space.wait_for(lambda: not offline_space.get("/healthz")["loading"])
    page, troubles = browser.new_page(), []
    watch(page, offline_space.url, troubles)
    page.goto(offline_space.url)
    # Until it has asked, the page says what was so when it was built.
    page.wait_for_selector("#banner .banner:has-text('MODERN_MODEL is not set')")
    banner = page.inner_text("#banner")
    assert "Answering with the bundled word model." in banner
    assert "It is right on 90.5% of 25,000 test reviews." in banner
    page.fill("#review textarea", "The acting is great and the music superb.")
    page.click("#score")
    page.wait_for_selector("#verdict .card.positive h2")
    assert "The word model puts" in page.inner_text("#verdict")
    page.get_by_role("tab", name="Compare").click()
    page.fill("#compare-review textarea", "The acting is great.")
    page.click("#compare")
    page.wait_for_selector("#modern-card .card.message")
    assert "The modern model is not available" in page.inner_text("#modern-card")
    page.close()
    assert troubles == []


def test_the_banner_goes_once_the_better_model_is_in(browser, hub, tiny_model, tmp_path):
    from tests.hub import Fault

    repo = hub.add_folder("models", "someone/modern", tiny_model)
    hub.faults.append(Fault(path="someone/modern", kind="delay", delay_s=12))
    settings = {"MODERN_MODEL": f"someone/modern@{repo.sha}", "PUBLIC_MODEL": ""}
    with RunningSpace(tmp_path, HF_ENDPOINT=hub.url, **settings) as space:
        space.wait_for_page()
        page = browser.new_page()
        page.goto(space.url)
        page.wait_for_selector("#banner .banner")
        assert "still loading" in page.inner_text("#banner")
        page.wait_for_selector("#banner:not(:has(.banner))", state="attached", timeout=60_000)
        page.close()


def test_who_asks_too_often_is_told_inline_and_keeps_the_text(
    browser, ladder, tmp_path, monkeypatch
):
    import serving
    import uvicorn
    from feedback import FeedbackFile
    from limits import RateLimit
    from page.layout import mount_page

    monkeypatch.setattr(serving, "RateLimit", lambda: RateLimit(per_minute=1))
    app = serving.make_app(ladder, FeedbackFile(tmp_path), mount_page)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.05)
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{listening.getsockname()[1]}")
        page.wait_for_selector("#review textarea")  # the stand-in asks again until it is there
        page.fill("#review textarea", "The acting is great.")
        page.click("#score")
        page.wait_for_selector("#verdict .card h2")
        page.click("#score")
        page.wait_for_selector("#verdict .card.message")
        assert "asked very often in the last minute" in page.inner_text("#verdict")
        assert page.input_value("#review textarea") == "The acting is great."
        page.close()
        server.should_exit = True
        thread.join(20)
