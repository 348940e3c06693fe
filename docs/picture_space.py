"""Takes docs/space.png, the README's picture of the Space, in Debian's chromium.

MODERN_MODEL=models/modern python deployment/app.py
python docs/picture_space.py http://127.0.0.1:7860
"""

import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

PICTURE = Path(__file__).with_name("space.png")
WIDTH, HEIGHT = 1280, 800
REVIEW = (
    "I wanted to love it. The score is superb, but the script is mid and the ending is a mess "
    "\U0001f480"
)


def main(address: str) -> None:
    """Score a review, wait for what tipped it, and keep the picture."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.goto(f"{address}/?__theme=light")
        page.fill("#review textarea", REVIEW)
        page.click("#score")
        page.wait_for_selector("#tipped section")
        page.mouse.move(0, 0)
        page.wait_for_timeout(1000)
        page.screenshot(path=PICTURE)
        browser.close()
    with Image.open(PICTURE) as picture:
        picture.convert("RGB").save(PICTURE, optimize=True)
    print(f"{PICTURE}: {PICTURE.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main(*sys.argv[1:])
