"""The letter about a course: what is in it, who makes it, and what is written down."""

import hashlib
import io
from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import translation
from pypdf import PdfReader

from clinic.audit.anchors import footer, kept
from clinic.audit.models import Access, Act
from sessions.actions.patient import change_patient
from sessions.actions.session_rows import Row
from sessions.models import Course
from sessions.reports.course_letter import build
from tests.factories import a_draft, a_phase, a_signed_session, an_application, an_observation, at, ready

pytestmark = pytest.mark.django_db


@pytest.fixture
def course(physician):
    """Two signed sessions with different settings, one adverse event, and a draft with settings of its own."""
    patient, course, device = ready(by=physician, sites=("palm",))
    change_patient(
        by=physician,
        patient=patient,
        values={"referring_doctor": "Dr Anne Roche"},
        version=patient.version,
        reason="named by the patient",
    )
    days = (date(2026, 1, 12), date(2026, 1, 14), date(2026, 1, 16))
    given = (("15.0", "10", "4"), ("12.5", "12", "2"), ("19", "20", "1"))
    for day, (current, minutes, value) in zip(days[:2], given, strict=False):
        event = Row({"term": "erythema", "severity": "mild", "serious": "no", "site": "palm", "side": "right"})
        a_signed_session(
            by=physician,
            course=course,
            device=device,
            started=at(day),
            applications=(an_application(phases=(a_phase(current=current, minutes=minutes),)),),
            observations=(an_observation(value=value),),
            events_answer="observed" if day == days[1] else "none-observed",
            events=(event,) if day == days[1] else (),
        )
    a_draft(
        by=physician,
        course=course,
        device=device,
        started=at(days[2]),
        applications=(an_application(phases=(a_phase(current="19", minutes="20"),)),),
        observations=(an_observation(value="1"),),
    )
    return Course.objects.select_related("patient", "physician").get(pk=course.pk)


def made(course, **values):
    given = {"language": "en", "plan": "", "signer": "Dr Jeanne Morel", "today": date(2026, 2, 1)}
    return build(course, **(given | values))


def test_letter_says_what_was_signed_and_nothing_of_drafts(course):
    letter = made(course)
    facts = dict(letter.facts)
    assert letter.under_title[0] == "To: Dr Anne Roche"
    assert (facts["Indication"], facts["Sites"], facts["Sessions performed"], facts["First and last session"]) == (
        "Hyperhidrosis",
        "palm (hand)",
        "2 of 7 planned",
        "12 January 2026 – 14 January 2026",
    )
    assert [row.values for row in letter.scores.rows] == [
        (
            "HDSS severity scale (1–4)", "palm (hand) right", "", Decimal(4), date(2026, 1, 12), Decimal(2),
            date(2026, 1, 14),
        )
    ]  # fmt: skip
    assert [row.values for row in letter.settings.rows] == [
        ("palm (hand) both sides", "Current, set", "12.5 – 15\u00a0mA", 2),
        ("palm (hand) both sides", "Time with current", "10 – 12\u00a0min", 2),
        ("palm (hand) both sides", "Applied", "tap water · direct (galvanic)", None),
    ]
    assert [row.values for row in letter.events.rows] == [
        (date(2026, 1, 14), "erythema", "mild", "no", "palm (hand) right")
    ]
    assert letter.said == (
        "This letter rests on the signed records alone. 1 session is not signed yet, and is not in it."
    )


def test_letter_of_a_course_without_sessions_says_so(physician):
    _patient, course, _device = ready(by=physician)
    letter = made(course)
    assert [table.rows for table in (letter.scores, letter.settings, letter.events)] == [[], [], []]
    assert letter.under_title[0] == "To the doctor who referred the patient"


def test_page_shows_the_plan_as_typed_and_stores_nothing(client_of, physician, course):
    acts = Act.objects.count()
    answer = client_of(physician).post(
        reverse("logbook:course-letter", args=[course.uid]), {"language": "fr", "plan": "Une séance par mois.\r\n<b>"}
    )
    page = answer.content.decode()
    assert (answer.status_code, "Une séance par mois.<br>&lt;b&gt;" in page, "<svg" in page) == (200, True, True)
    assert Act.objects.count() == acts
    looks = Access.objects.exclude(patient_id=None).values_list("patient_id", "kind", "record")
    assert list(looks) == [(course.patient_id, "course-letter", course.uid)]


def test_file_is_an_act_with_its_digest_and_the_plan(client_of, physician, course):
    with translation.override("en"):
        said = footer()
    answer = client_of(physician).post(
        reverse("logbook:course-letter-pdf", args=[course.uid]), {"language": "en", "plan": "Once a month."}
    )
    assert (answer.status_code, answer["Content-Type"], answer["Cache-Control"]) == (
        200, "application/pdf", "no-store, private",
    )  # fmt: skip
    text = " ".join("\n".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages).split())
    for words in (said, "Dr Anne Roche", "12.5 – 15 mA", "Once a month.", "Dr Jeanne Morel", "Response board"):
        assert " ".join(words.split()) in text, words
    assert "19" not in [word for word in text.split() if word == "19"]
    act = Act.objects.get(kind="export_course_letter")
    digest = hashlib.sha256(answer.content).hexdigest()
    assert (act.by, act.subject, act.patient_id, act.reason) == (
        physician,
        f"course:{course.uid}",
        course.patient_id,
        f"en; pdf, {len(answer.content)} bytes, SHA-256 {digest}; plan: Once a month.",
    )
    last = list(kept())[-1]
    assert (last.why, last.number) == ("export", act.link.number)


def test_unreadable_plan_comes_back_with_its_reason(client_of, physician, course):
    for name in ("course-letter", "course-letter-pdf"):
        answer = client_of(physician).post(reverse(f"logbook:{name}", args=[course.uid]), {"plan": "x" * 4_001})
        assert (answer.status_code, list(answer.context["form"].errors)) == (400, ["plan"])
    assert Act.objects.filter(kind="export_course_letter").count() == 0


def test_letter_in_another_language_than_the_page(client_of, physician, course):
    with translation.override("en"):
        letter = made(course, language="fr")
    assert letter.language == "fr"
    answer = client_of(physician).post(reverse("logbook:course-letter", args=[course.uid]), {"language": "fr"})
    assert '<article class="letter" lang="fr">' in answer.content.decode()
