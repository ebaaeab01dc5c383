"""Several people at once: one of them is first, nobody's writing is lost, and nobody is refused without reason."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from django.utils import timezone

from clinic.accounts.models import User
from clinic.lib.problems import AlreadyDone, Refused
from sessions.actions.patient import register_patient
from sessions.actions.session import log_session, mark_in_error, save_draft
from sessions.actions.signature import amend_session, sign_session
from sessions.models import Patient, Session
from tests.factories import a_draft, a_patient, a_signed_session, an_entry, at, ready

pytestmark = pytest.mark.django_db(transaction=True)
DAY = date(2026, 1, 12)


def at_once(*acts: Callable[[], Any]) -> list[str]:
    """What became of each, in alphabetical order."""
    barrier = Barrier(len(acts))

    def one(act: Callable[[], Any]) -> str:
        barrier.wait()
        try:
            act()
        except (Refused, AlreadyDone) as error:
            return type(error).__name__
        else:
            return "done"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(one, acts))


def test_first_patients_registered_at_once_get_numbers_of_their_own(physician: User) -> None:
    registering = [
        lambda number=number: a_patient(by=physician, given_names=f"Zoé {number}", record_number="")
        for number in range(4)
    ]
    assert at_once(*registering) == ["done"] * 4
    year = timezone.localdate().year
    numbers = sorted(Patient.objects.values_list("record_number", flat=True))
    assert numbers == [f"{year}-{number:04}" for number in range(1, 5)]


def test_one_person_registered_at_once_is_asked_about(physician: User) -> None:
    values = {"family_name": "Çelik", "given_names": "Zoë", "birth_date": date(1985, 9, 7), "sex": "female"}
    registering = [lambda: register_patient(by=physician, values=dict(values), another_person=False)] * 3
    assert at_once(*registering) == ["Refused", "Refused", "done"]


def test_one_number_given_by_hand_is_one_patients(physician: User) -> None:
    assert at_once(*[lambda: a_patient(by=physician, record_number="K 1")] * 3) == ["Refused", "Refused", "done"]


def test_one_form_sent_at_once_is_stored_once(physician: User) -> None:
    _patient, course, device = ready(by=physician)
    entry, key = an_entry(by=physician, device=device, started=at(DAY)), uuid4()
    sending = [lambda: log_session(by=physician, course=course, entry=entry, key=key)] * 4
    assert at_once(*sending) == ["AlreadyDone"] * 3 + ["done"]
    assert Session.objects.count() == 1


def test_of_two_changes_at_once_one_is_told(physician: User) -> None:
    _patient, course, device = ready(by=physician)
    entry = an_entry(by=physician, device=device, started=at(DAY), notes="changed")
    signed = a_signed_session(by=physician, course=course, device=device)
    seen = signed.version
    amending = [
        lambda: amend_session(by=physician, session=signed, entry=entry, version=seen, reason="a slip"),
        lambda: mark_in_error(by=physician, session=signed, reason="a mistake", version=seen),
    ]
    assert at_once(*amending) == ["Refused", "done"]
    draft = a_draft(by=physician, course=course, device=device)
    writing = [
        lambda: save_draft(by=physician, session=draft, entry=entry, version=1),
        lambda: sign_session(by=physician, session=draft, version=1),
    ]
    assert at_once(*writing) == ["Refused", "done"]
