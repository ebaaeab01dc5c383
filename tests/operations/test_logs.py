"""Log lines name a page and an error, never a person, a password or what was searched for."""

import io
import logging
from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.urls import reverse

from clinic.accounts.models import User


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the terminal shows meanwhile."""
    terminal = logging.getLogger("django").handlers[0]
    assert isinstance(terminal, logging.StreamHandler)
    written = io.StringIO()
    before = terminal.setStream(written)
    yield written
    terminal.setStream(before or terminal.stream)


def test_log_lines_hold_nothing_private(
    lines: io.StringIO, physician: User, client_of: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(text: str) -> None:
        raise ValueError(f"no patient Dupont for {text}")

    monkeypatch.setattr("sessions.views.patient.find_patients", broken)
    client = client_of(physician)
    client.raise_request_exception = False
    client.get("/Dupont-Marie/?q=Dupont")
    client.get("/patients/Dupont%0D%0ARoot/")
    client.get("/%C3%89lodie-Dupont/")
    client.post(
        f"{reverse('logbook:patients')}?q=Dupont", {"search": "Dupont"}, headers={"Referer": "http://x/?Dupont"}
    )
    Client(enforce_csrf_checks=True).post(
        f"{reverse('account_login')}?next=Dupont", {"login": "Dupont", "password": "x"}
    )
    Client().post(reverse("account_login"), {"login": "Dupont\r\nRoot", "password": "Dupont"})
    said = lines.getvalue()
    assert ("Dupont" in said, "Root" in said) == (False, False)
    assert "WARNING django.request Not Found: (no page)" in said
    assert f"Internal Server Error: {reverse('logbook:patients')} -- ValueError" in said
