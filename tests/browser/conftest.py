"""A real browser against a real server. Playwright runs an event loop in the test's thread, so Django is told that
this is wanted, for exactly as long as that loop is there."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from clinic.accounts.models import User
from clinic.accounts.roles import Role
from tests.browser.watched import HEIGHT, Watched
from tests.conftest import person

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 10_000  # milliseconds


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium as the machine has it; nothing is downloaded."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        if os.environ.get("CLINIC_TEST_BROWSER") == "required":
            pytest.fail("CLINIC_TEST_BROWSER=required, and there is no Chromium on this machine")
        pytest.skip("there is no Chromium on this machine")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    try:
        with sync_playwright() as playwright:
            started = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
            yield started
            started.close()
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def clinic(browser: Browser, live_server: object) -> dict[str, User]:
    """One person per role, in French; the browser comes first, since its loop needs Django's leave."""
    return people("fr")


def people(language: str) -> dict[str, User]:
    """One person per role, all reading this language."""
    administrator = person(username="admin", full_name="Ada Arnaud", role=Role.ADMINISTRATOR, language=language)
    found = {Role.ADMINISTRATOR.value: administrator}
    for username, full_name, role in (
        ("morel", "Dr Jeanne Morel", Role.PHYSICIAN),
        ("leroy", "Lou Leroy", Role.STAFF),
        ("audit", "Alix Aubry", Role.AUDITOR),
    ):
        found[role.value] = person(
            username=username, full_name=full_name, role=role, by=administrator, language=language
        )
    return found


@pytest.fixture
def open_page(browser: Browser, live_server: object) -> Iterator[Callable[..., Watched]]:
    """A window of its own: `open_page(user, width=…, scripts=…)`; logged in where a person is named."""
    contexts: list[BrowserContext] = []

    def opened(user: User | None = None, *, width: int = 1280, scripts: bool = True) -> Watched:
        context = browser.new_context(
            base_url=live_server.url,  # type: ignore[attr-defined]
            viewport={"width": width, "height": HEIGHT},
            java_script_enabled=scripts,
            locale="fr-FR",
            timezone_id=settings.TIME_ZONE,
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        if user is not None:
            log_in(context, user, live_server.url)  # type: ignore[attr-defined]
        return Watched(context.new_page())

    yield opened
    for context in contexts:
        context.close()


def log_in(context: BrowserContext, user: User, address: str) -> None:
    """Give the window the session that the log-in page would have given it."""
    client = Client()
    client.force_login(user)
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": address}])


@pytest.fixture
def physician_page(clinic: dict[str, User], open_page: Callable[..., Watched]) -> Page:
    """The physician's window."""
    return open_page(clinic[Role.PHYSICIAN.value]).page
