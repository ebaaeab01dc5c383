"""Registering and correcting patients."""

from uuid import uuid4

import pytest
from django.utils import timezone

from clinic.accounts.models import User
from clinic.audit.models import Act
from clinic.lib.problems import AlreadyDone, Refused
from sessions.actions.patient import change_patient, register_patient
from sessions.models import Patient
from tests.factories import a_patient

VALUES = {"family_name": "Çelik", "given_names": "Zoë", "birth_date": None, "sex": "female"}
pytestmark = pytest.mark.django_db


def test_register_gives_the_next_number_and_says_who(staff: User) -> None:
    first = a_patient(by=staff, record_number="")
    second = a_patient(by=staff, record_number="")
    year = first.record_number.split("-")[0]
    assert (first.record_number, second.record_number) == (f"{year}-0001", f"{year}-0002")
    row = first.history.get()
    assert (row.history_type, row.history_user_id, row.act.kind, row.act.by_name) == (
        "+", staff.pk, "register_patient", "Lou Leroy",
    )  # fmt: skip
    assert (row.act.subject, row.act.patient_id) == (f"patient:{first.uid}", first.pk)


def test_register_a_number_in_use_is_refused(staff: User) -> None:
    a_patient(by=staff, record_number="A 17")
    with pytest.raises(Refused) as refused:
        a_patient(by=staff, record_number="A 17")
    assert [problem.field for problem in refused.value.problems] == ["record_number"]
    assert (Patient.objects.count(), Act.objects.filter(kind="register_patient").count()) == (1, 1)


def test_register_the_same_form_twice_stores_one(staff: User) -> None:
    patient = a_patient(by=staff)
    key = Act.objects.get(kind="register_patient").key
    values = {"family_name": "Çelik", "given_names": "Zoë", "birth_date": patient.birth_date, "sex": "female"}
    with pytest.raises(AlreadyDone) as done:
        register_patient(by=staff, values=values, key=key)
    assert (done.value.subject, Patient.objects.count()) == (f"patient:{patient.uid}", 1)


def test_register_somebody_alike_is_asked_about(staff: User) -> None:
    known = a_patient(by=staff, family_name="Çelik", given_names="Zoë")
    values = {"family_name": "CELIK", "given_names": "Zoe", "birth_date": known.birth_date, "sex": "female"}
    with pytest.raises(Refused) as refused:
        register_patient(by=staff, values=values, another_person=False, key=uuid4())
    assert [(problem.field, problem.code) for problem in refused.value.problems] == [("another_person", "alike")]
    assert Patient.objects.count() == 1
    register_patient(by=staff, values=values, another_person=True, key=uuid4())
    assert Patient.objects.count() == 2


@pytest.mark.parametrize("name", ["a" * 101, "Ze\x00lik", "Zoë\u202e", "\ud800lik", ""])
def test_register_an_unreadable_name_is_refused(staff: User, name: str) -> None:
    with pytest.raises(Refused) as refused:
        a_patient(by=staff, family_name=name)
    assert {problem.field for problem in refused.value.problems} == {"family_name"}
    assert Patient.objects.count() == 0


def test_change_keeps_old_and_new_with_the_reason(staff: User) -> None:
    patient = a_patient(by=staff, family_name="Celik")
    change_patient(by=staff, patient=patient, values={"family_name": "Çelik"}, version=1, reason="spelling on the card")
    new, old = patient.history.order_by("-history_id")
    assert (old.family_name, new.family_name, new.history_change_reason) == ("Celik", "Çelik", "spelling on the card")
    stored = Patient.objects.get()
    assert (stored.version, stored.folded_name.split()[0]) == (2, "celik")


def test_change_after_somebody_else_is_refused(staff: User) -> None:
    patient = a_patient(by=staff, family_name="Celik")
    change_patient(by=staff, patient=patient, values={"phone": "01"}, version=1, reason="called")
    with pytest.raises(Refused) as refused:
        change_patient(by=staff, patient=patient, values={"phone": "02"}, version=1, reason="called too")
    assert [problem.code for problem in refused.value.problems] == ["changed"]
    assert Patient.objects.get().phone == "01"


def test_change_half_way_leaves_nothing(staff: User) -> None:
    patient = a_patient(by=staff)
    with pytest.raises(Refused):
        change_patient(by=staff, patient=patient, values={"phone": "01", "sex": "none of these"}, version=1, reason="x")
    assert (Patient.objects.get().phone, patient.history.count()) == ("", 1)


def test_register_goes_on_counting_after_a_strange_number(staff: User) -> None:
    year = timezone.localdate().year
    first = a_patient(by=staff, record_number="")
    a_patient(by=staff, record_number=f"{year}-{'9' * 15}")
    assert (first.record_number, a_patient(by=staff, record_number="").record_number) == (
        f"{year}-0001",
        f"{year}-0002",
    )
