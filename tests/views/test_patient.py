"""The pages that find, register, correct and show patients."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from clinic.accounts.models import User
from clinic.audit.models import Access
from sessions.actions.patient import change_patient
from sessions.models import Patient
from tests.factories import a_consultation, a_patient, a_signed_session, all_no, at, ready

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
TYPED = {
    "family_name": "Çelik",
    "given_names": "Zoë",
    "birth_date": "1985-09-07",
    "sex": "female",
    "record_number": "",
    "phone": "",
    "referring_doctor": "",
    "note": "",
}


def typed(**values: Any) -> dict[str, Any]:
    return {"form_key": str(uuid4())} | TYPED | values


def looks() -> list[tuple[str, str, int]]:
    return list(
        Access.objects.exclude(patient_id=None).order_by("id").values_list("by__username", "kind", "patient_id")
    )


@pytest.mark.parametrize(
    "text", ["celik", "ÇELIK zoe", "1985-09-07", "07/09/1985", "7.9.1985", "zoë 07/09/1985", "2026-0", "Zoe-Celik"]
)
def test_search_finds_by_name_number_or_birth_date(client_of: ClientOf, staff: User, text: str) -> None:
    patient = a_patient(by=staff, record_number="2026-0143")
    a_patient(by=staff, family_name="Morel", given_names="Jeanne", birth_date=date(1990, 1, 1), record_number="B 9")
    response = client_of(staff).post(reverse("logbook:patients"), {"search": text})
    assert response.context["found"] == [patient]
    assert looks() == [("leroy", "search", patient.pk)]
    assert "2026-0143" in response.content.decode()


@pytest.mark.parametrize("text", ["nobody", "31/02/1985", "' OR 1=1 --", "%", "x" * 101, "a\x00b", ""])
def test_search_that_finds_nobody_shows_nobody(client_of: ClientOf, staff: User, text: str) -> None:
    a_patient(by=staff)
    response = client_of(staff).post(reverse("logbook:patients"), {"search": text})
    assert (response.status_code, response.context["found"], looks()) == (200, [], [])


def test_search_as_you_type_answers_with_the_list_alone(client_of: ClientOf, staff: User) -> None:
    a_patient(by=staff)
    response = client_of(staff).post(reverse("logbook:patients"), {"search": "cel"}, headers={"HX-Request": "true"})
    assert "<html" not in response.content.decode()
    assert len(response.context["found"]) == 1


def test_recent_patients_are_those_this_person_opened(client_of: ClientOf, staff: User, physician: User) -> None:
    first, second = a_patient(by=staff), a_patient(by=staff)
    client = client_of(staff)
    for patient in (first, second, first):
        client.get(reverse("logbook:patient", args=[patient.uid]))
    client_of(physician).get(reverse("logbook:patient", args=[second.uid]))
    assert client.get(reverse("logbook:patients")).context["recent"] == [first, second]
    assert looks()[-2:] == [("leroy", "list", first.pk), ("leroy", "list", second.pk)]


def test_register_and_come_to_the_patient(client_of: ClientOf, staff: User) -> None:
    response = client_of(staff).post(reverse("logbook:patient-new"), typed())
    patient = Patient.objects.get()
    assert response.url == reverse("logbook:patient", args=[patient.uid])
    assert (patient.family_name, patient.birth_date) == ("Çelik", date(1985, 9, 7))


def test_register_sent_twice_stores_one(client_of: ClientOf, staff: User) -> None:
    client, sent = client_of(staff), typed(another_person="on")
    addresses = [client.post(reverse("logbook:patient-new"), sent).url for _ in range(2)]
    assert addresses == [reverse("logbook:patient", args=[Patient.objects.get().uid])] * 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("family_name", "N" * 10_000),
        ("family_name", ""),
        ("family_name", "Ce\x00lik"),
        ("given_names", "Zoë\u200f"),
        ("given_names", "\u202eëoZ"),
        ("birth_date", "1985-02-31"),
        ("birth_date", "2999-01-01"),
        ("birth_date", "1850-01-01"),
        ("birth_date", "yesterday"),
        ("sex", "none of these"),
        ("sex", ""),
        ("phone", "0" * 41),
    ],
)
def test_register_bad_input_comes_back_at_its_field(client_of: ClientOf, staff: User, field: str, value: str) -> None:
    response = client_of(staff).post(
        reverse("logbook:patient-new"), typed(referring_doctor="Dr Typed", **{field: value})
    )
    form = response.context["form"]
    assert (response.status_code, list(form.errors)) == (200, [field])
    assert (form["referring_doctor"].value(), form[field].value()) == ("Dr Typed", value)
    assert Patient.objects.count() == 0
    if len(value) < 100 and field != "sex" and value.isprintable() and value:
        assert f'value="{value}"' in response.content.decode()


def test_register_a_lone_surrogate_never_reaches_the_database(client_of: ClientOf, staff: User) -> None:
    body = f"form_key={uuid4()}&family_name=Ce%ED%A0%80lik&given_names=Z&birth_date=1985-09-07&sex=female"
    response = client_of(staff).post(
        reverse("logbook:patient-new"), body, content_type="application/x-www-form-urlencoded"
    )
    assert response.status_code in (200, 302)
    assert [
        name for name in Patient.objects.values_list("family_name", flat=True) if re.search(r"[\ud800-\udfff]", name)
    ] == []


def test_register_asks_once_about_somebody_alike(client_of: ClientOf, staff: User) -> None:
    known = a_patient(by=staff, family_name="CELIK", given_names="Zoe")
    client, sent = client_of(staff), typed(phone="01 02")
    response = client.post(reverse("logbook:patient-new"), sent)
    assert (response.context["alike"], list(response.context["form"].errors)) == ([known], ["another_person"])
    assert response.context["form"]["phone"].value() == "01 02"
    assert looks() == [("leroy", "duplicates", known.pk)]
    assert client.post(reverse("logbook:patient-new"), sent | {"another_person": "on"}).status_code == 302
    assert Patient.objects.count() == 2


def test_duplicates_while_typing(client_of: ClientOf, staff: User) -> None:
    known = a_patient(by=staff)
    response = client_of(staff).post(
        reverse("logbook:patient-duplicates"),
        {"family_name": "celik", "birth_date": "1985-09-07"},
        headers={"HX-Request": "true"},
    )
    assert response.context["alike"] == [known]
    assert looks() == [("leroy", "duplicates", known.pk)]
    nobody = client_of(staff).post(reverse("logbook:patient-duplicates"), {"family_name": "celik"})
    assert nobody.content.decode().strip() == ""


def test_correct_with_a_reason(client_of: ClientOf, staff: User) -> None:
    patient = a_patient(by=staff)
    address = reverse("logbook:patient-edit", args=[patient.uid])
    sent = typed(record_number=patient.record_number, phone="01", version="1")
    refused = client_of(staff).post(address, sent)
    assert (refused.status_code, list(refused.context["form"].errors)) == (200, ["reason"])
    saved = client_of(staff).post(address, sent | {"reason": "called"})
    assert saved.url == reverse("logbook:patient", args=[patient.uid])
    assert (Patient.objects.get().phone, patient.history.latest().history_change_reason) == ("01", "called")


def test_correct_after_somebody_else_shows_both_and_can_be_sent_again(client_of: ClientOf, staff: User) -> None:
    patient = a_patient(by=staff)
    change_patient(by=staff, patient=patient, values={"phone": "99"}, version=1, reason="called")
    sent = typed(
        record_number=patient.record_number, given_names=patient.given_names, phone="01", version="1", reason="mine"
    )
    client, address = client_of(staff), reverse("logbook:patient-edit", args=[patient.uid])
    response = client.post(address, sent)
    assert response.context["meanwhile"] == [(str(response.context["form"].fields["phone"].label), "99")]
    assert (response.context["form"]["version"].value(), Patient.objects.get().phone) == ("2", "99")
    assert client.post(address, sent | {"version": "2"}).status_code == 302
    assert Patient.objects.get().phone == "01"


@pytest.mark.parametrize("name", ["patients", "patient-new"])
def test_anonymous_is_sent_to_log_in(client: Client, name: str, staff: User) -> None:
    assert client.get(reverse(f"logbook:{name}")).url.startswith(reverse("account_login"))


@pytest.mark.parametrize(
    ("name", "role", "status"),
    [
        ("patient", "administrator", 403),
        ("patient-edit", "administrator", 403),
        ("patient-edit", "auditor", 403),
        ("patient", "auditor", 200),
        ("patient", "staff", 200),
        ("patient-edit", "staff", 200),
        ("patient-edit", "physician", 200),
    ],
)
def test_roles(
    client_of: ClientOf, request: pytest.FixtureRequest, staff: User, name: str, role: str, status: int
) -> None:
    patient = a_patient(by=staff)
    response = client_of(request.getfixturevalue(role)).get(reverse(f"logbook:{name}", args=[patient.uid]))
    assert response.status_code == status


def test_no_patient_at_this_address(client_of: ClientOf, physician: User) -> None:
    assert client_of(physician).get(reverse("logbook:patient", args=[uuid4()])).status_code == 404


def test_staff_see_who_it_is_and_nothing_clinical(client_of: ClientOf, staff: User, physician: User) -> None:
    patient = a_patient(by=staff, phone="01 02 03")
    a_consultation(by=physician, patient=patient, replies=all_no(iud="yes"))
    response = client_of(staff).get(reverse("logbook:patient", args=[patient.uid]))
    assert "01 02 03" in response.content.decode()
    assert ("story" in response.context, response.context["standing"].marks) == (False, ())


def test_story_tells_everything_newest_first(client_of: ClientOf, physician: User) -> None:
    patient, course, device = ready(by=physician)
    for day in (12, 14):
        a_signed_session(by=physician, course=course, device=device, started=at(date(2026, 1, day)))
    response = client_of(physician).get(reverse("logbook:patient", args=[patient.uid]))
    story = response.context["story"]
    assert [(entry.kind, entry.day.day) for entry in story.entries] == [
        ("session", 14), ("session", 12), ("course", 5), ("consultation", 5),
    ]  # fmt: skip
    assert [(line.performed, line.planned) for line in story.open_courses] == [(2, 7)]
    assert [len(applied.phases) for applied in story.entries[0].facts["settings"]] == [2]
    assert looks() == [("morel", "patient", patient.pk)]
    only = client_of(physician).get(reverse("logbook:patient", args=[patient.uid]) + "?kind=consultation")
    assert [entry.kind for entry in only.context["story"].entries] == ["consultation"]
