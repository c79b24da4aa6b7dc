"""What the tests in a real browser share."""

import re
from collections.abc import Callable

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
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


SEE = """([screen]) => {
  window[screen] = new Set([...document.body.querySelectorAll("*")].filter((element) => element.checkVisibility()));
}"""
CHECK = """async ([screen, other]) => {
  const options = { resultTypes: ["violations"] };
  if (!other) return axe.run(options);
  const alone = new Set([...window[screen]].filter((element) => !window[other].has(element)));
  const include = [...alone].filter((element) => !alone.has(element.parentElement));
  return include.length ? axe.run({ include }, { ...options, runOnly: ["color-contrast"] }) : { violations: [] };
}"""


def faults_of(page: Page) -> list[str]:
    """What is wrong with the open page: the whole of it on a desk by day and on a phone by night.

    What only one of them shows is looked at in its other colours, too.
    """
    found = []
    page.evaluate(AXE_SCRIPT)
    for screen, size, scheme, other_screen in (
        ("desk", DESKTOP, "light", None),
        ("phone", PHONE, "dark", None),
        ("phone", PHONE, "light", "desk"),
        ("desk", DESKTOP, "dark", "phone"),
    ):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(size)
        where = f"{page.url}, {scheme}, {size['width']} px"
        if not other_screen:
            page.evaluate(SEE, [screen])
            excess = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if excess > 0:
                found.append(f"{where}: scrolls sideways by {excess} px")
        results = AxeResults(page.evaluate(CHECK, [screen, other_screen]))
        if results.violations_count:
            found.append(f"{where}: {results.generate_report()}")
    return found
