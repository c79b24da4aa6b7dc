"""A browser for the tests that need a real one."""

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, WebError, expect, sync_playwright
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests.e2e.browsing import DESKTOP, NewPage

PATIENCE = 30_000  # ms, however busy the machine is


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser that is installed here; where there is none, there is nothing to test."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("There is no chromium on the PATH.")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "on")  # Playwright's loop runs in the thread of the tests
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def faults() -> Iterator[list[str]]:
    """What went wrong in any browser without the page showing it; there must be nothing at the end."""
    found: list[str] = []
    yield found
    assert found == []


@pytest.fixture
def open_browser(chromium: Browser, faults: list[str]) -> Iterator[Callable[..., Page]]:
    """``open_browser(url, ...)`` gives a person who uses the app there a browser of their own; options are its."""
    contexts = []
    expect.set_options(timeout=PATIENCE)

    def note_message(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            faults.append(f"{message.location['url']}: {message.text}")

    def note_error(error: WebError) -> None:
        faults.append(str(error.error))

    def open_browser(url: str, **options: Any) -> Page:
        def note_request(request: Request) -> None:
            if not request.url.startswith((f"{url}/", "data:")):
                faults.append(f"request to {request.url}")

        usual = {"base_url": url, "viewport": DESKTOP, "reduced_motion": "reduce"}
        context = chromium.new_context(**(usual | options))
        context.set_default_timeout(PATIENCE)
        context.on("request", note_request)
        context.on("console", note_message)
        context.on("weberror", note_error)
        contexts.append(context)
        return context.new_page()

    yield open_browser
    for context in contexts:
        context.close()


@pytest.fixture
def new_page(open_browser: Callable[..., Page], live_server: LiveServer, settings: Settings) -> NewPage:
    """Gives each person a browser of their own, on the tests' database."""
    settings.BASE_URL = live_server.url
    return partial(open_browser, live_server.url)
