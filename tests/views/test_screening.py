"""The consultation with its questions, and the page of decisions."""

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
from sessions.measures.answers import ITEMS
from sessions.models import Answer, Consultation, Decision
from tests.factories import a_consultation, a_patient, all_no

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


def typed(physician: User, **values: Any) -> dict[str, Any]:
    given = {f"reply_{item.code}": "no" for item in ITEMS} | {f"detail_{item.code}": "" for item in ITEMS}
    consultation = {
        "held_date": "2026-01-05",
        "physician": str(physician.pk),
        "complaint": "wet hands",
        "findings": "",
        "information_given": "",
    }
    return {"form_key": str(uuid4())} | consultation | given | values


def ticked(page: str) -> int:
    return len(re.findall(r"<input[^>]*\schecked", page))


def test_blank_page_has_nothing_ticked(client_of: ClientOf, physician: User) -> None:
    patient = a_patient(by=physician)
    page = client_of(physician).get(reverse("logbook:consultation-new", args=[patient.uid])).content.decode()
    assert (page.count('type="radio"'), ticked(page)) == (sum(len(item.replies) for item in ITEMS), 0)


def test_earlier_answers_stand_beside_and_are_never_ticked(client_of: ClientOf, physician: User) -> None:
    patient = a_patient(by=physician)
    a_consultation(by=physician, patient=patient, replies=all_no(iud="yes") | {"epilepsy": ("yes", "since childhood")})
    page = client_of(physician).get(reverse("logbook:consultation-new", args=[patient.uid])).content.decode()
    assert (page.count('class="beside"'), ticked(page), page.count("(since childhood)")) == (len(ITEMS), 0, 1)


def test_record_a_consultation(client_of: ClientOf, physician: User) -> None:
    patient = a_patient(by=physician)
    response = client_of(physician).post(reverse("logbook:consultation-new", args=[patient.uid]), typed(physician))
    consultation = Consultation.objects.get()
    assert response.url == reverse("logbook:consultation", args=[consultation.uid])
    assert (consultation.complaint, Answer.objects.count()) == ("wet hands", len(ITEMS))
    assert list(Access.objects.exclude(patient_id=None).values_list("kind", "patient_id")) == [
        ("consultation", patient.pk)
    ]


def test_an_answer_that_needs_a_decision_leads_to_it(client_of: ClientOf, physician: User) -> None:
    patient = a_patient(by=physician)
    sent = typed(physician, reply_pregnancy="not-known")
    response = client_of(physician).post(reverse("logbook:consultation-new", args=[patient.uid]), sent)
    assert response.url == reverse("logbook:decisions", args=[patient.uid])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reply_iud", ""),
        ("reply_epilepsy", "not-applicable"),
        ("reply_epilepsy", "perhaps"),
        ("detail_other", "x" * 201),
        ("detail_other", "\u202e"),
        ("findings", "x" * 10_001),
        ("complaint", "a\x00b"),
        ("held_date", "2026-02-30"),
        ("held_date", "2999-01-01"),
        ("held_date", "1985-09-06"),
        ("physician", "999999"),
        ("physician", ""),
    ],
)
def test_bad_input_comes_back_with_everything_typed(
    client_of: ClientOf, physician: User, field: str, value: str
) -> None:
    patient = a_patient(by=physician)
    sent = typed(physician, reply_diabetes="declined", information_given="leaflet") | {field: value}
    response = client_of(physician).post(reverse("logbook:consultation-new", args=[patient.uid]), sent)
    form = response.context["form"]
    assert (response.status_code, list(form.errors)) == (200, [field])
    assert (form["reply_diabetes"].value(), form["information_given"].value()) == ("declined", "leaflet")
    assert (Consultation.objects.count(), Answer.objects.count()) == (0, 0)


def test_staff_cannot_be_named_as_physician(client_of: ClientOf, physician: User, staff: User) -> None:
    patient = a_patient(by=physician)
    response = client_of(physician).post(reverse("logbook:consultation-new", args=[patient.uid]), typed(staff))
    assert list(response.context["form"].errors) == ["physician"]


def test_sent_twice_stores_one(client_of: ClientOf, physician: User) -> None:
    patient = a_patient(by=physician)
    client, sent = client_of(physician), typed(physician)
    addresses = [client.post(reverse("logbook:consultation-new", args=[patient.uid]), sent).url for _ in range(2)]
    assert addresses == [reverse("logbook:consultation", args=[Consultation.objects.get().uid])] * 2


@pytest.mark.parametrize(
    ("role", "statuses"),
    [("physician", [200, 200, 200]), ("auditor", [403, 200, 403]), ("staff", [403] * 3), ("administrator", [403] * 3)],
)
def test_roles(
    client_of: ClientOf, request: pytest.FixtureRequest, physician: User, role: str, statuses: list[int]
) -> None:
    patient = a_patient(by=physician)
    consultation = a_consultation(by=physician, patient=patient)
    client = client_of(request.getfixturevalue(role))
    addresses = [
        reverse("logbook:consultation-new", args=[patient.uid]),
        reverse("logbook:consultation", args=[consultation.uid]),
        reverse("logbook:decisions", args=[patient.uid]),
    ]
    assert [client.get(address).status_code for address in addresses] == statuses


def test_anonymous_is_sent_to_log_in(client: Client, physician: User) -> None:
    patient = a_patient(by=physician)
    assert client.get(reverse("logbook:decisions", args=[patient.uid])).url.startswith(reverse("account_login"))


def decided(item: str, word: str = "", reason: str = "", day: str = "") -> dict[str, str]:
    answer = Answer.objects.get(item=item).pk
    return {f"word_{answer}": word, f"reason_{answer}": reason, f"decided_date_{answer}": day}


def test_decide_one_and_leave_the_other_for_later(client_of: ClientOf, physician: User) -> None:
    patient = a_patient(by=physician)
    a_consultation(by=physician, patient=patient, held=date(2026, 1, 5), replies=all_no(epilepsy="yes", diabetes="yes"))
    address = reverse("logbook:decisions", args=[patient.uid])
    sent = (
        {"form_key": str(uuid4())}
        | decided("epilepsy")
        | decided("diabetes", "proceed", "well controlled", "2026-01-05")
    )
    assert client_of(physician).post(address, sent).url == reverse("logbook:patient", args=[patient.uid])
    stored = Decision.objects.get()
    assert (stored.answer.item, stored.word, stored.physician) == ("diabetes", "proceed", physician)
    board = client_of(physician).get(address).context["form"].board
    assert [(line.item.code, line.is_open) for line in board] == [("epilepsy", True), ("diabetes", False)]


@pytest.mark.parametrize(
    ("word", "reason", "day", "fields"),
    [
        ("proceed", "", "2026-01-05", ["reason"]),
        ("", "because", "2026-01-05", ["word"]),
        ("proceed", "because", "", ["decided_date"]),
        ("proceed", "because", "2026-01-04", ["decided_date"]),
        ("proceed", "because", "2999-01-01", ["decided_date"]),
        ("proceed", "because", "2026-02-30", ["decided_date"]),
        ("maybe", "because", "2026-01-05", ["word"]),
        ("proceed", "x" * 10_001, "2026-01-05", ["reason"]),
    ],
)
def test_half_a_decision_comes_back_at_its_field(
    client_of: ClientOf, physician: User, word: str, reason: str, day: str, fields: list[str]
) -> None:
    patient = a_patient(by=physician)
    a_consultation(by=physician, patient=patient, held=date(2026, 1, 5), replies=all_no(epilepsy="yes"))
    sent = {"form_key": str(uuid4())} | decided("epilepsy", word, reason, day)
    response = client_of(physician).post(reverse("logbook:decisions", args=[patient.uid]), sent)
    answer = Answer.objects.get(item="epilepsy").pk
    assert (response.status_code, list(response.context["form"].errors)) == (
        200,
        [f"{field}_{answer}" for field in fields],
    )
    assert response.context["form"][f"reason_{answer}"].value() == reason
    assert Decision.objects.count() == 0


def test_absolute_items_have_no_decision_form(client_of: ClientOf, physician: User) -> None:
    patient = a_patient(by=physician)
    a_consultation(by=physician, patient=patient, replies=all_no(iud="yes"))
    response = client_of(physician).get(reverse("logbook:decisions", args=[patient.uid]))
    assert ([item.code for item in response.context["never"]], response.context["form"].board) == (["iud"], [])
