"""A person at a browser. Every page that they come to is looked over: accessibility, type, errors, requests, width."""

import re
from functools import cache
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Locator, Page, Response, expect

from ics_governance.models import User

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
PASSWORD = "a long enough password"
NARROW, WIDE = {"width": 320, "height": 640}, {"width": 1280, "height": 900}
MOST_TABS = 120
LOOKED_AT: set[str] = set()
# Of a journey that is told without scripts among the long tests only; the officer's is each time.
WITHOUT_SCRIPTS_IS_LONG = pytest.mark.parametrize(
    "scripts", [True, pytest.param(False, marks=pytest.mark.long)], ids=["with scripts", "without scripts"]
)
# The design system's own script says with aria-expanded that a radio opens further questions; its makers tested this
# with screen readers and keep it, though the role does not list the attribute.
OPENS_MORE = '<input class="nhsuk-radios__input"'
AXE = {"resultTypes": ["violations"]}
PRIMARY = ".nhsuk-button:not(.nhsuk-button--secondary):not(.nhsuk-button--warning)"


@cache
def axe() -> Axe:
    return Axe()


def known(page: str) -> bool:
    """Whether this was looked at earlier in the run; it is from now on."""
    before = page in LOOKED_AT
    LOOKED_AT.add(page)
    return before


class Visitor:
    """One person in a browser window of their own."""

    def __init__(self, page: Page, site: str, *, scripts: bool) -> None:
        self.page, self.site, self.scripts = page, site, scripts
        self.faults: list[str] = []
        self.allowed = 200
        self.focus = ""  # class of what had the focus when the page had loaded
        page.on("console", lambda message: message.type == "error" and self.note(f"console: {message.text}"))
        page.on("pageerror", lambda error: self.note(f"script: {error}"))
        page.on("requestfailed", lambda request: self.note(f"failed: {request.url} {request.failure}"))
        page.on("request", lambda request: self.own(request.url))
        page.on("response", self.answered)

    # --- What is noticed by the way ---

    def note(self, fault: str) -> None:
        expected = f"responded with a status of {self.allowed}"
        if "net::ERR_ABORTED" not in fault and expected not in fault:  # a download is an aborted page
            self.faults.append(fault)

    def allow(self, status: int) -> None:
        """The pages from here on may answer so: a form that is wrong, a place where one may not go."""
        self.allowed = status

    def own(self, url: str) -> None:
        if urlsplit(url).scheme in ("http", "https", "ws", "wss") and not url.startswith(self.site):
            self.note(f"another host: {url}")

    def answered(self, response: Response) -> None:
        if response.status >= 400 and response.status != self.allowed:
            self.note(f"{response.status}: {response.url}")

    # --- Going about ---

    def open(self, address: str) -> None:
        self.page.goto(self.site + address)
        self.look_over()

    def follow(self, name: str, *, within: str = "main", exact: bool = False) -> None:
        """Press a link and look at the page it leads to."""
        self.go(self.page.locator(within).get_by_role("link", name=name, exact=exact).first)

    def press(self, name: str, *, within: str = "body") -> None:
        """Press a button that sends a form, and look at the page that answers."""
        self.go(self.page.locator(within).get_by_role("button", name=name, exact=True).locator("visible=true").first)

    def go(self, control: Locator) -> None:
        with self.page.expect_navigation(wait_until="load"):
            control.click()
        self.look_over()

    def fill(self, **fields: str) -> None:
        """Type into fields by the end of their id; a date as "14 10 2026"."""
        for name, text in fields.items():
            if self.page.locator(f"#id_{name}_day").count():
                for part, number in zip(("day", "month", "year"), text.split(), strict=True):
                    self.page.fill(f"#id_{name}_{part}", number)
            else:
                self.page.fill(f"#id_{name}", text)

    def choose(self, **fields: str) -> None:
        """Choose from a list by what is read there."""
        for name, label in fields.items():
            self.page.select_option(f"#id_{name}", label=label)

    def sees(self, text: str, *, within: str = "main") -> None:
        expect(self.page.locator(within)).to_contain_text(text)

    def finds(self, locator: str) -> Locator:
        found = self.page.locator(locator)
        expect(found.first).to_be_visible()
        return found

    def sign_in(self, name: str) -> None:
        """Through the form, as the person of the cast."""
        self.open("/accounts/login/")
        self.page.fill("#id_login", f"{name}@example.test")
        self.page.fill("#id_password", PASSWORD)
        self.press("Sign in", within="main")

    def arrive(self, name: str) -> None:
        """Signed in already, as the person of the cast: the form is looked at in the first journey."""
        client = Client()
        client.force_login(User.objects.get(email=f"{name}@example.test"), backend=BACKEND)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        self.page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": self.site}])

    def sign_out(self) -> None:
        self.press("Sign out", within="header")

    # --- Looking a page over ---

    def look_over(self) -> None:
        """Everything that holds for every page."""
        where = f"{self.page.title()} ({self.page.url})"
        assert not self.faults, f"{where}: {self.faults}"
        if not self.scripts:
            return
        self.focus = self.page.evaluate("document.activeElement.className")
        content = self.page.content()
        if known(self.focus + re.sub(r'(csrfmiddlewaretoken" value|nonce)="[^"]*"', "", content)):
            return  # this very page, apart from its secrets
        assert self.page.evaluate("getComputedStyle(document.querySelector('h1')).fontFamily").startswith("Arial")
        path = re.sub(r"[^/]*\d[^/]*", "#", urlsplit(self.page.url).path)
        self.reads_well(where)
        self.page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        width = self.page.evaluate("document.documentElement.scrollWidth")
        assert width <= NARROW["width"], f"{where} scrolls sideways on a phone: {width}"
        kind = path, self.page.locator(PRIMARY).all_inner_texts()
        first_of_its_kind = not known(str(kind))
        if first_of_its_kind and self.page.locator(".app-bottom").count():
            self.reads_well(f"{where}, on a phone")
        self.page.set_viewport_size(WIDE)  # type: ignore[arg-type]
        if first_of_its_kind:
            self.reaches_primary(where)

    def reads_well(self, where: str) -> None:
        """axe finds nothing."""
        found = axe().run(self.page, options=AXE).response["violations"]
        told = [
            f"{each['id']}: {node['html'][:160]}"
            for each in found
            for node in each["nodes"]
            if not (each["id"] == "aria-allowed-attr" and OPENS_MORE in node["html"])
        ]
        assert not told, f"{where}: {told}"

    def reaches_primary(self, where: str) -> None:
        """The keyboard reaches the page's green button, and focus shows on it."""
        if not self.page.locator(PRIMARY).locator("visible=true").count():
            return
        self.page.evaluate("document.activeElement.blur(), getSelection().removeAllRanges(), scrollTo(0, 0)")
        for _ in range(MOST_TABS):
            self.page.keyboard.press("Tab")
            if self.page.evaluate(f"document.activeElement.matches({PRIMARY!r})"):
                return
        raise AssertionError(f"{where}: the keyboard does not reach the green button")
