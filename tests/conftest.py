"""What every test may ask for: one person per role, and a browser-like client logged in as one of them."""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.signals import setting_changed
from django.db import transaction
from django.template import Context, RequestContext, Template
from django.test import Client
from django.test.client import ClientHandler
from django.utils.safestring import SafeString

from clinic.accounts.actions import create_account
from clinic.accounts.models import User
from clinic.accounts.roles import Role
from clinic.audit import guard

PASSWORD = "seven brown lamps under water"
# As the server does (clinic/wsgi.py): pages leave much behind at once, and to look through it all so often takes up to
# a sixth of the time of the tests.
gc.set_threshold(100_000, 20, 50)

BESIDE_THE_DATABASE = [Path(settings.KEY_DIR, name) for name in ("anchors.jsonl", "verified.json", "verifying.json")]
# What `make test` leaves out so that it is quick and needs Python alone; `.ci/run` asks for all of it.
LEFT_OUT = {
    "browser": "needs a browser: set CLINIC_TEST_BROWSER=required, as .ci/run does",
    "slow": "takes its time: set CLINIC_TEST_SLOW=required, as .ci/run does",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for name, reason in LEFT_OUT.items():
        if os.environ.get(f"CLINIC_TEST_{name.upper()}") == "required":
            continue
        for item in items:
            if item.get_closest_marker(name):
                item.add_marker(pytest.mark.skip(reason=reason))


def pytest_collection_finish() -> None:
    """What stands once all is read stays to the end: nobody looks through it again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _one_chain_of_middleware() -> Iterator[None]:
    """All clients share one chain of middleware, as all people share one server: making it anew for each client, with
    every static file looked up again, takes half as long as a page. Where a test changes a setting, it is made anew.
    """
    load, kept = ClientHandler.load_middleware, list[ClientHandler]()

    def shared(handler: ClientHandler, is_async: bool = False) -> None:
        if not kept:
            first = ClientHandler()
            load(first, is_async)
            kept.append(first)
        vars(handler).update(vars(kept[0]) | {"enforce_csrf_checks": handler.enforce_csrf_checks})

    def forget(**_change: object) -> None:
        kept.clear()

    setting_changed.connect(forget)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ClientHandler, "load_middleware", shared)
        yield
    setting_changed.disconnect(forget)


@pytest.fixture(scope="session", autouse=True)
def _only_pages_are_noted(django_test_environment: None) -> Iterator[None]:
    """Of what a response was made of, the page is noted with its context, not each of the thousand pieces of a form.

    Django notes a copy of the context of every template that was rendered; no test asks for those of a field.
    """
    noted = Template._render

    def render(template: Template, context: Context) -> SafeString:
        if isinstance(context, RequestContext) and context.template is template:
            return noted(template, context)
        return template.nodelist.render(context)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Template, "_render", render)
        yield


@pytest.fixture(autouse=True)
def _nothing_remembered(request: pytest.FixtureRequest) -> Iterator[None]:
    """Counts of failed log-ins stand in the cache table, which a flush leaves alone, and what was anchored and verified in
    files: they end with the test.
    """
    yield
    for file in BESIDE_THE_DATABASE:
        file.unlink(missing_ok=True)
    if {"transactional_db", "live_server"} & set(request.fixturenames):
        cache.clear()


def person(*, username: str, full_name: str, role: str, by: User | None = None, language: str = "") -> User:
    """An account as an administrator opens it, past its first change of password."""
    return create_account(
        by=by,
        username=username,
        full_name=full_name,
        role=role,
        password=PASSWORD,
        language=language,
        must_change_password=False,
    )


# User name, full name and role of those whom the administrator lets in.
PEOPLE = {
    "physician": ("morel", "Dr Jeanne Morel", Role.PHYSICIAN),
    "other_physician": ("petit", "Dr Paul Petit", Role.PHYSICIAN),
    "staff": ("leroy", "Lou Leroy", Role.STAFF),
    "auditor": ("audit", "Alix Auditor", Role.AUDITOR),
}


def administrator_of_all() -> User:
    return person(username="admin", full_name="Ada Administrator", role=Role.ADMINISTRATOR)


def one_of(who: str, administrator: User) -> User:
    """The person whom the fixture of this name gives."""
    username, full_name, role = PEOPLE[who]
    return person(username=username, full_name=full_name, role=role, by=administrator)


def people_under(administrator: User) -> dict[str, User]:
    """Everybody at once, by the names of their fixtures."""
    return {who: one_of(who, administrator) for who in PEOPLE}


@contextmanager
def rows_of_all(blocker: Any) -> Iterator[None]:
    """For a fixture of a whole file or folder: what is written here stands for all its tests, and goes with the last.

    Each test takes back what it did itself, so that the next one finds the rows as they were written.
    """
    with blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def administrator(db: None) -> User:
    return administrator_of_all()


@pytest.fixture
def physician(administrator: User) -> User:
    return one_of("physician", administrator)


@pytest.fixture
def other_physician(administrator: User) -> User:
    return one_of("other_physician", administrator)


@pytest.fixture
def staff(administrator: User) -> User:
    return one_of("staff", administrator)


@pytest.fixture
def auditor(administrator: User) -> User:
    return one_of("auditor", administrator)


@pytest.fixture
def unguarded(db: None) -> None:
    """The database as somebody finds it who has taken its guards away; they are back with the next test."""
    guard.remove()


@pytest.fixture
def password() -> str:
    """The password of every account that the fixtures open."""
    return PASSWORD


def logged_in(user: User) -> Client:
    """A client logged in as this person, through every middleware."""
    client = Client()
    # A cookie of no session: without one, a session is first made and stored to be exchanged for the one of the log-in.
    client.cookies[settings.SESSION_COOKIE_NAME] = ""
    client.force_login(user)
    return client


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """A client logged in as this person; a new one at each call."""
    return logged_in
