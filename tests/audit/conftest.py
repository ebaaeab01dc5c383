"""A logbook with a little of everything, and what somebody needs who breaks it on purpose."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from django.db import connection
from django.urls import reverse

from clinic.accounts.actions import change_account
from clinic.accounts.models import User
from clinic.audit.access import record_event
from clinic.audit.keys import key_file
from sessions.actions.patient import change_patient
from sessions.actions.session import mark_in_error
from sessions.models import Patient, Session
from tests.audit.raw import sql
from tests.conftest import logged_in
from tests.factories import a_draft, a_patient, a_signed_session, at, ready


@pytest.fixture
def places(db, settings, tmp_path: Path) -> None:
    """Anchors and results of one test, with the keys that the tests' database was sealed with."""
    settings.ANCHOR_DIR = tmp_path
    kept = key_file()
    settings.KEY_DIR = tmp_path
    (tmp_path / "audit_key.json").write_text(kept.read_text())


def a_little_of_everything(physician: User, administrator: User, staff: User) -> tuple[Patient, Session]:
    """A signed session, one in error, a draft, a corrected patient, a changed role, looks and a log-in."""
    patient, course, device = ready(by=physician)
    signed = a_signed_session(by=physician, course=course, device=device)
    wrong = a_signed_session(by=physician, course=course, device=device, started=at(date(2026, 1, 14)))
    mark_in_error(by=physician, session=wrong, reason="wrong patient", version=wrong.version)
    a_draft(by=physician, course=course, device=device, started=at(date(2026, 1, 16)))
    other = a_patient(by=physician, family_name="N'Guyen")
    change_patient(
        by=physician, patient=other, values={"given_names": "Linh"}, reason="misspelt", version=other.version
    )
    change_account(by=administrator, user=staff, role="auditor", reason="new post")
    logged_in(physician).get(reverse("logbook:session", args=[signed.uid]))
    logged_in(physician).get(reverse("logbook:patient", args=[other.uid]))
    record_event("log_in", by=physician)
    return patient, signed


@pytest.fixture
def logbook(physician: User, administrator: User, staff: User) -> tuple[Patient, Session]:
    return a_little_of_everything(physician, administrator, staff)


@pytest.fixture
def unchecked() -> Iterator[Callable[[], None]]:
    """Somebody with the database's own tools need not mind foreign keys."""

    def off() -> None:
        if connection.vendor == "postgresql":
            sql("SET CONSTRAINTS ALL IMMEDIATE", "SET session_replication_role = replica")
        else:
            sql("PRAGMA defer_foreign_keys = ON")

    yield off
    if connection.vendor == "sqlite":  # whose transactions end with it; that of several tests goes on
        sql("PRAGMA defer_foreign_keys = OFF")


@pytest.fixture
def broken_on_purpose() -> Iterator[None]:
    """What a test broke on purpose is not looked at by the engine at its end: the test is rolled back first."""
    connection.check_constraints = lambda *args, **kwargs: None  # type: ignore[method-assign]
    yield
    del connection.check_constraints
