"""Makes the pictures of docs/screenshots/ anew: ``.venv/bin/python docs/screenshots.py``.

Starts the app with its demo in a folder of its own, plays the demo in the ``chromium`` on the ``PATH``, and ends it.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from playwright.sync_api import Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "screenshots"
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
USERNAME, PASSWORD = "demo", "lights-out-2026"


@contextmanager
def demo() -> Iterator[str]:
    """The address of a demo of its own that nobody has played yet."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    address = f"http://localhost:{port}"
    with tempfile.TemporaryDirectory() as folder:
        own = {"DATA_DIR": folder, "PORT": str(port), "BASE_URL": address, "DEMO": "on", "GAME_CLOCK": "on"}
        services = {"DATABASE_URL": "", "REDIS_URL": ""}
        server = subprocess.Popen([sys.executable, "-m", "fantasy_f1.serve"], cwd=ROOT, env=os.environ | own | services)
        try:
            _wait_for(f"{address}/ready", server)
            yield address
        finally:
            server.terminate()
            server.wait(timeout=20)


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        try:
            requests.get(address, timeout=5).raise_for_status()
        except requests.RequestException:
            assert server.poll() is None, "the server has ended"
            time.sleep(0.2)
        else:
            return
    raise TimeoutError(address)


def draft_first_free(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Draft ")).first.click()
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator("#confirm")).to_be_hidden()


def take(page: Page, name: str) -> None:
    page.evaluate("document.fonts.ready")
    page.mouse.move(0, 0)
    page.screenshot(path=PICTURES / f"{name}.png")


def play(page: Page) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Username or e-mail").fill(USERNAME)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()

    page.get_by_role("link", name="You are on the clock").click()
    draft_first_free(page)
    expect(page.locator("#strip")).to_contain_text("Pick 16 of 16")
    take(page, "draft-room")

    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    take(page, "phone")

    page.set_viewport_size(DESKTOP)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    draft_first_free(page)
    page.get_by_role("button", name="Run the Grand Prix").click()
    page.get_by_role("button", name="Run it").click()
    expect(page.locator(".race-podium")).to_be_visible()
    page.get_by_role("button", name="Dismiss").click()
    page.locator("tbody summary").first.click()
    take(page, "leaderboard")


def main() -> None:
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    if browser_path is None:
        sys.exit("There is no chromium on the PATH.")
    PICTURES.mkdir(exist_ok=True)
    with demo() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"])
        play(browser.new_page(base_url=address, viewport=DESKTOP, color_scheme="light", reduced_motion="reduce"))
        browser.close()
    for picture in sorted(PICTURES.glob("*.png")):
        print(f"{picture.relative_to(ROOT)}  {picture.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
