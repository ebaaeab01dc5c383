"""Whatever shows a patient, to anybody, on any page or in any file, has written down that this person saw this patient."""

import html
import io
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.db import models
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from clinic.accounts.models import User
from clinic.audit.models import Access
from clinic.audit.words import LOOKS
from sessions.models import Patient
from tests.factories import a_consultation, a_course, a_device, a_draft, a_patient, at
from tests.views.test_matrix import EXPECTED, ROLES, address, one_of_each

pytestmark = pytest.mark.slow

ClientOf = Callable[[User], Client]
GET = [name for name, (get, _post) in EXPECTED.items() if get]


@pytest.fixture
def people(physician: User, staff: User, auditor: User, administrator: User) -> dict[str, User]:
    return {user.role: user for user in (physician, staff, auditor, administrator)}


@pytest.fixture
def records(physician: User, administrator: User) -> dict[str, models.Model]:
    return one_of_each(physician, administrator)


@pytest.fixture
def clinic(records: dict[str, models.Model], physician: User, other_physician: User) -> dict[str, models.Model]:
    """Beside the records of the matrix: a patient with drafts of today, one of a colleague, one registered alone."""
    for by, family_name in ((physician, "Aachener"), (other_physician, "Bellerose")):
        patient = a_patient(by=by, family_name=family_name)
        course = a_course(by=by, patient=patient, consultation=a_consultation(by=by, patient=patient))
        a_draft(by=by, course=course, device=a_device(by=by, serial_number=f"S-{by.pk}"), started=at(date(2026, 1, 12)))
    a_patient(by=physician, family_name="Corbeau", given_names="Zita", birth_date=date(1931, 2, 3))
    return records


def text_of(response: HttpResponseBase) -> str:
    """What a person reads of an answer, whatever its format."""
    content = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    kind = response.headers.get("Content-Type", "")
    if "pdf" in kind:
        return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    if "zip" in kind or "spreadsheet" in kind:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            content = b"\n".join(packed.read(name) for name in packed.namelist())
    return html.unescape(content.decode("utf-8", "replace"))


def shown_in(text: str) -> set[int]:
    """The patients whose family name or record number can be read."""
    text = text.casefold()
    return {
        patient.pk
        for patient in Patient.objects.all()
        if patient.family_name.casefold() in text or patient.record_number.casefold() in text
    }


def unrecorded(client: Client, user: User, name: str, method: str, where: str, typed: dict[str, Any]) -> list[str]:
    """What is missing or twice in the audit after one request."""
    before = Access.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    response = getattr(client, method)(where, typed)
    if response.status_code != 200:
        return []
    seen = list(Access.objects.filter(pk__gt=before, patient_id__isnull=False))
    shown = shown_in(text_of(response))
    wrong = [f"{name}: patient {pk} unseen by the audit" for pk in shown - {access.patient_id for access in seen}]
    if len(seen) != len({access.patient_id for access in seen}):
        wrong.append(f"{name}: more than one access for a patient and a page")
    wrong += [
        f"{name}: {access.kind}"
        for access in seen
        if (access.by_id, access.by_name, access.route, access.address) != (user.pk, user.full_name, name, "127.0.0.1")
        or access.kind not in LOOKS
    ]
    return wrong


@pytest.mark.parametrize("name", GET)
def test_page_that_names_a_patient_wrote_the_look_down(
    name: str,
    people: dict[str, User],
    clinic: dict[str, models.Model],
    client_of: ClientOf,
    password: str,
) -> None:
    where = address(name, clinic)
    wrong = []
    for letter in EXPECTED[name][0]:
        if not (role := ROLES.get(letter)):
            continue
        client, user = client_of(people[role]), people[role]
        # Somebody has been here before: lists of the latest have something to show.
        for patient in Patient.objects.all():
            client.get(reverse("logbook:patient", args=[patient.uid]))
        wrong += unrecorded(client, user, name, "get", where, {})
    assert wrong == []


def test_every_page_of_records_shows_its_patient(
    people: dict[str, User],
    clinic: dict[str, models.Model],
    client_of: ClientOf,
) -> None:
    """The test above reads what it should: pages that are about a patient do name one."""
    client = client_of(people["physician"])
    names = ["home", "logbook:patient", "logbook:session", "logbook:report", "logbook:report-pdf"]
    assert [name for name in names if not shown_in(text_of(client.get(address(name, clinic))))] == []


BIRTH = {"birth_date_0": "03", "birth_date_1": "02", "birth_date_2": "1931", "birth_date": "1931-02-03"}
PERSON = {"family_name": "Corbeau", "given_names": "Zita", "sex": "female", "record_number": ""} | BIRTH
SENT = {
    "logbook:patients": [{"search": "aachener"}, {"search": "cor"}, {"search": "a"}, {"search": "1931-02-03"}],
    "logbook:patient-find": [{"search": "bellerose"}, {"search": "or"}, {"search": "1931"}],
    "logbook:patient-duplicates": [PERSON],
    "logbook:patient-new": [PERSON, {}],
    "logbook:patient-edit": [{}, BIRTH],
    "logbook:course-new": [{"indication": "hyperhidrosis"}],
}


@pytest.mark.parametrize("name", [name for name, (_get, post) in EXPECTED.items() if set(post) & set("psa")])
def test_answer_to_a_form_that_names_a_patient_wrote_the_look_down(
    name: str,
    people: dict[str, User],
    clinic: dict[str, models.Model],
    client_of: ClientOf,
) -> None:
    where, wrong = address(name, clinic), []
    for letter in set(EXPECTED[name][1]) & set("psad"):
        user = people[ROLES[letter]]
        for typed in SENT.get(name, [{}]):
            client = client_of(user)
            wrong += unrecorded(client, user, name, "post", where, typed | {"form_key": str(uuid4())})
            if name == "logbook:patients":
                client = Client(headers={"HX-Request": "true"})
                client.force_login(user)
                wrong += unrecorded(client, user, name, "post", where, typed)
    assert wrong == []


def test_search_and_warning_find_somebody_in_the_test_above(
    people: dict[str, User],
    clinic: dict[str, models.Model],
    client_of: ClientOf,
) -> None:
    client = client_of(people["staff"])
    shown = {
        name: shown_in(text_of(client.post(reverse(name), typed[0] | {"form_key": str(uuid4())})))
        for name, typed in SENT.items()
        if name in {"logbook:patients", "logbook:patient-duplicates"}
    }
    aachener, corbeau = (Patient.objects.get(family_name=name).pk for name in ("Aachener", "Corbeau"))
    assert shown == {"logbook:patients": {aachener}, "logbook:patient-duplicates": {corbeau}}
