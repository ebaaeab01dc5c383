"""An act that breaks at any of its statements leaves nothing, on either engine."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.db import OperationalError, connection

from clinic.accounts.models import User
from clinic.audit.models import Access
from sessions.actions.course import change_course
from sessions.actions.session import save_draft
from sessions.actions.session_rows import Row
from sessions.actions.signature import add_addendum, amend_session, sign_session
from tests.factories import (
    a_consultation,
    a_draft,
    a_patient,
    a_phase,
    a_signed_session,
    an_application,
    an_entry,
    an_observation,
    at,
    ready,
)

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
WRITES = ("INSERT", "UPDATE", "DELETE")
DAY = date(2026, 1, 12)


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of ours, history included."""
    ours = [model for model in apps.get_models() if model._meta.app_label in {"logbook", "audit", "accounts"}]
    return {
        model._meta.label: sorted(model._base_manager.values_list(), key=repr) for model in ours if model is not Access
    }


class BreaksAt:
    """Lets so many writing statements pass, then fails as a database does that has gone."""

    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        if sql.lstrip().startswith(WRITES):
            self.left -= 1
            if self.left < 0:
                raise OperationalError("the database has gone")
        return execute(sql, *arguments)


def log(physician: User) -> Callable[[], object]:
    _patient, course, device = ready(by=physician)
    return lambda: a_draft(by=physician, course=course, device=device)


def save(physician: User) -> Callable[[], object]:
    _patient, course, device = ready(by=physician)
    draft = a_draft(by=physician, course=course, device=device)
    kept = draft.applications.get()
    changed = Row(an_application().values | {"side": "left"}, id=kept.pk, below=(Row(a_phase()),))
    entry = an_entry(
        by=physician, device=device, started=at(DAY), notes="b", applications=(changed,),
        observations=(an_observation(side="left"),), changed="yes", changed_note="a cold",
    )  # fmt: skip
    return lambda: save_draft(by=physician, session=draft, entry=entry, version=1)


def sign(physician: User) -> Callable[[], object]:
    _patient, course, device = ready(by=physician)
    draft = a_draft(by=physician, course=course, device=device)
    return lambda: sign_session(by=physician, session=draft, version=1)


def amend(physician: User) -> Callable[[], object]:
    _patient, course, device = ready(by=physician)
    signed = a_signed_session(by=physician, course=course, device=device)
    entry = an_entry(by=physician, device=device, started=at(DAY), notes="put right")
    return lambda: amend_session(by=physician, session=signed, entry=entry, version=signed.version, reason="a slip")


def add(physician: User) -> Callable[[], object]:
    _patient, course, device = ready(by=physician)
    signed = a_signed_session(by=physician, course=course, device=device)
    return lambda: add_addendum(by=physician, session=signed, text="seen again")


def consult(physician: User) -> Callable[[], object]:
    patient = a_patient(by=physician)
    return lambda: a_consultation(by=physician, patient=patient)


def change(physician: User) -> Callable[[], object]:
    _patient, course, _device = ready(by=physician)
    values = {"goal": "dry hands"}
    return lambda: change_course(by=physician, course=course, values=values, sites=["palm"], version=1, reason="a")


@pytest.mark.parametrize("prepared", [log, save, sign, amend, add, consult, change])
def test_act_that_breaks_leaves_nothing(prepared: Callable[[User], Callable[[], object]], physician: User) -> None:
    done = prepared(physician)
    before = everything()
    for number in range(60):
        try:
            with connection.execute_wrapper(BreaksAt(number)):
                done()
        except OperationalError:
            assert everything() == before
        else:
            break
    assert number > 2
    assert everything() != before
