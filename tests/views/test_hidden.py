"""What a role may not see stands on none of its pages: no patient for the administrator, nothing clinical for staff."""

from collections.abc import Callable, Iterator
from datetime import date
from uuid import uuid4

import pytest
from django.db import models
from django.test import Client
from django.utils import timezone

from clinic.accounts.models import User
from sessions.actions.result import record_result
from sessions.actions.screening import Decided, record_consultation, record_decisions
from sessions.actions.session_rows import Row
from sessions.models import Answer, Sample
from tests.factories import (
    a_course,
    a_definition,
    a_device,
    a_device_entry,
    a_draft,
    a_file,
    a_patient,
    a_receipt,
    all_no,
    at,
)
from tests.views.test_matrix import EXPECTED, address

SECRET = "qzx-clinical"  # in every clinical field that takes words
CLINICAL = (SECRET, "stérilet", "chloride")
NAMES = ("Zyxgarde", "Omblette", "R-4711")


@pytest.fixture
def records(physician: User, administrator: User) -> dict[str, models.Model]:
    patient = a_patient(by=physician, family_name="Zyxgarde", given_names="Omblette", record_number="R-4711")
    consultation = record_consultation(
        by=physician,
        patient=patient,
        values={"held_date": date(2026, 1, 5), "physician": physician, "complaint": SECRET, "findings": SECRET},
        answers=all_no(iud="yes", pregnancy="yes"),
    )
    decided = Decided(Answer.objects.get(item="pregnancy").pk, "proceed", SECRET, date(2026, 1, 5))
    record_decisions(by=physician, patient=patient, decisions=[decided])
    course = a_course(
        by=physician, patient=patient, consultation=consultation, indication="extraction", sites=("forearm",)
    )
    device = a_device(by=physician)
    today = at(timezone.localdate(), 0, 1)
    draft = a_draft(
        by=physician, course=course, device=device, started=today, minutes=0, applications=(), observations=(),
        late_record=True, late_reason=SECRET, incident_note=SECRET, notes=SECRET, analyte="chloride",
        clinical_question=SECRET, status="stopped", outcome_reason="pain", outcome_note=SECRET,
        events_answer="observed",
        events=(Row({"term": "other", "term_note": SECRET, "severity": "mild", "serious": "no"}),),
        samples=(Row({"sample_id": f"{SECRET}-1", "site": "forearm", "side": "left"}),),
    )  # fmt: skip
    sample = Sample.objects.get()
    values = {"sufficiency": "insufficient", "interpretation": SECRET, "reference_text": SECRET}
    result = record_result(by=physician, sample=sample, values=values, key=uuid4())
    return {
        "patient": patient, "course": course, "device": device, "session": draft, "sample": sample, "result": result,
        "consultation": consultation, "account": administrator, "entry": a_device_entry(by=administrator, device=device),
        "receipt": a_receipt(by=physician), "definition": a_definition(by=physician), "job": a_file(by=physician),
    }  # fmt: skip


def answers(client: Client, records: dict[str, models.Model], letter: str) -> Iterator[tuple[str, str]]:
    """Every answer that this role gets: pages by GET, and what its searches and forms say."""
    for name, (get, _post) in EXPECTED.items():
        if name not in {"account_logout", "first-account"} and letter in get:
            where = address(name, records)
            for limits in ("", "?part=list", "?record_status=preliminary", "?kind=session&whole"):
                answer = client.get(f"{where}{limits}")
                text = answer.getvalue() if answer.streaming else answer.content
                # A spreadsheet or a PDF is no text; what it holds stands in the CSV file as well.
                yield f"{name}{limits}", text.decode(errors="replace")
    for typed in ("Zyxgarde", "R-4711"):
        yield f"search {typed}", client.post("/patients/", {"search": typed}).content.decode().replace(typed, "")
    alike = {"family_name": "Zyxgarde", "given_names": "Omblette", "birth_date": "1985-09-07", "form_key": uuid4()}
    for where in ("/patients/duplicates/", "/patients/new/"):
        yield where, client.post(where, alike | {"sex": "female"}).content.decode()


def test_staff_see_nothing_clinical(
    records: dict[str, models.Model], staff: User, client_of: Callable[[User], Client]
) -> None:
    pages = dict(answers(client_of(staff), records, "s"))
    assert sorted((page, word) for page, text in pages.items() for word in CLINICAL if word in text) == []
    assert "Omblette" in pages["search Zyxgarde"]


def test_administrator_sees_no_patient(
    records: dict[str, models.Model], administrator: User, client_of: Callable[[User], Client]
) -> None:
    pages = dict(answers(client_of(administrator), records, "d"))
    hidden = [*CLINICAL, *NAMES, *(str(records[name].uid) for name in ("patient", "course", "session", "consultation"))]
    assert sorted((page, word) for page, text in pages.items() for word in hidden if word in text) == []


def test_the_words_looked_for_do_stand_on_a_physicians_pages(
    records: dict[str, models.Model], physician: User, client_of: Callable[[User], Client]
) -> None:
    missing = {*CLINICAL, *NAMES}
    for _page, text in answers(client_of(physician), records, "p"):
        missing = {word for word in missing if word not in text}
        if not missing:
            break
    assert missing == set()
