"""What the tests in a real browser share."""

import re
from collections.abc import Callable

from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect

from demo.league import PASSWORD

DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
NewPage = Callable[..., Page]


def log_in(page: Page, username: str) -> None:
    page.goto(reverse("accounts:login"))
    page.get_by_label("Username or e-mail").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_label(re.compile("^Account of"))).to_be_visible()


def faults_of(page: Page) -> list[str]:
    """What is wrong with the open page: the whole of it on a desk by day and on a phone by night, colours on both."""
    found = []
    for scheme, size, rules in (
        ("light", DESKTOP, None),
        ("dark", DESKTOP, ["color-contrast"]),
        ("dark", PHONE, None),
        ("light", PHONE, ["color-contrast"]),
    ):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(size)
        where = f"{page.url}, {scheme}, {size['width']} px"
        options = {"resultTypes": ["violations"]} | ({"runOnly": rules} if rules else {})
        results = Axe().run(page, options=options)
        if results.violations_count:
            found.append(f"{where}: {results.generate_report()}")
        excess = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if excess > 0:
            found.append(f"{where}: scrolls sideways by {excess} px")
    return found
