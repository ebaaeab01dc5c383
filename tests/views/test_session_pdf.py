"""A session's record as a file: who gets it, and what is written down when it leaves."""

import hashlib
import io

import pytest
from django.urls import reverse
from pypdf import PdfReader

from clinic.audit.anchors import footer, kept
from clinic.audit.models import Access, Act
from tests.factories import a_signed_session, ready

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(physician):
    _patient, course, device = ready(by=physician)
    return a_signed_session(by=physician, course=course, device=device)


@pytest.fixture
def address(session):
    return reverse("logbook:session-pdf", args=[session.uid])


def test_record_leaves_as_a_pdf_with_the_last_entry_at_its_foot(client_of, auditor, session, address):
    said = footer()
    answer = client_of(auditor).get(address)
    assert (answer.status_code, answer["Content-Type"], answer["Cache-Control"]) == (
        200, "application/pdf", "no-store, private",
    )  # fmt: skip
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    assert (said in text, "Dr Jeanne Morel" in text, "Alix Auditor" in text) == (True, True, True)


def test_taking_it_out_is_a_look_an_act_and_an_anchor(client_of, physician, session, address):
    answer = client_of(physician).get(address)
    act = Act.objects.get(kind="export_record")
    digest = hashlib.sha256(answer.content).hexdigest()
    assert (act.by, act.subject, act.patient_id, act.reason) == (
        physician, f"session:{session.uid}", session.patient_id, f"pdf, {len(answer.content)} bytes, SHA-256 {digest}",
    )  # fmt: skip
    looks = Access.objects.exclude(patient_id=None).values_list("by__username", "patient_id", "kind", "record")
    assert list(looks) == [("morel", session.patient_id, "record-file", session.uid)]
    last = list(kept())[-1]
    assert (last.why, last.number) == ("export", act.link.number)


def test_staff_who_see_no_records_get_none(client_of, staff, address):
    assert client_of(staff).get(address).status_code == 403
    assert Act.objects.filter(kind="export_record").count() == 0


def test_nobody_gets_it_without_logging_in(client, address):
    answer = client.get(address)
    assert (answer.status_code, answer["Location"]) == (302, f"{reverse('account_login')}?next={address}")
