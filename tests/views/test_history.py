"""The history of each kind of record: field, before, after, who, when and why, in the user's words."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from clinic.accounts.actions import change_account, set_password
from clinic.audit.act import act
from clinic.audit.models import Access
from sessions.models import Answer, Application, Consultation, Phase, Sample, Screening, Session
from sessions.reports.changes import history_of_record
from tests.factories import a_course, a_device, a_patient
from tests.reports.rows import a_session, paris

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient(physician):
    return a_patient(by=physician, given_names="Zoë")


@pytest.fixture
def session(physician, patient):
    return a_session(
        by=physician,
        course=a_course(by=physician, patient=patient),
        started_at=paris(2026, 3, 12, 14, 5),
        record_status="preliminary",
    )


def address(kind, record):
    return reverse("logbook:history", args=[kind, record.uid])


def said(kind, record, language="en"):
    """Each act as (what, who, why, [(row, sign, [(field, before, after)])])."""
    with translation.override(language):
        return [
            (
                entry.what,
                entry.act.by_name,
                entry.act.reason,
                [
                    (row.name, row.sign, [(field.name, field.old, field.new) for field in row.fields])
                    for row in entry.rows
                ],
            )
            for entry in history_of_record(kind, record)
        ]


def rewrite(session, physician, reason="", **values):
    stored = Session.objects.get(pk=session.pk)
    for name, value in values.items():
        setattr(stored, name, value)
    with act("save_draft", by=physician, reason=reason) as writing:
        writing.change(stored)
        writing.about(f"session:{stored.uid}", stored.patient_id)


def test_corrected_patient_shows_field_before_after_who_and_why(physician, other_physician, patient):
    patient.family_name, patient.birth_date, patient.version = "Celik", date(1985, 9, 8), 2
    patient.fold()
    with act("change_patient", by=other_physician, reason="Passport seen") as writing:
        writing.change(patient)
        writing.about(f"patient:{patient.uid}", patient.pk)
    latest, first = said("patient", patient)
    assert latest == (
        "Patient corrected", "Dr Paul Petit", "Passport seen",
        [("Patient", "~", [("Family name", "Çelik", "Celik"), ("Date of birth", "7 Sep 1985", "8 Sep 1985")])],
    )  # fmt: skip
    assert first == (
        "Patient registered", "Dr Jeanne Morel", "",
        [("Patient", "+", [
            ("Record number", "", "2026-0001"), ("Family name", "", "Çelik"), ("Given names", "", "Zoë"),
            ("Date of birth", "", "7 Sep 1985"), ("Sex", "", "female"),
        ])],
    )  # fmt: skip


def test_session_speaks_in_words_units_and_names(physician, other_physician, session):
    device = a_device(by=physician)
    rewrite(
        session, physician, device=device, physician_id=other_physician.pk, started_at=paris(2026, 3, 12, 14, 30), skin_before="intact",
        late_record=True, status="",
    )  # fmt: skip
    what, _who, _why, rows = said("session", session)[0]
    assert (what, rows) == (
        "Draft saved",
        [("Session", "~", [
            ("What happened", "completed", ""),
            ("Start", "12 Mar 2026, 14:05", "12 Mar 2026, 14:30"),
            ("Device", "", "Hidrex PSP1000 nº 4412"),
            ("Responsible physician", "Dr Jeanne Morel", "Dr Paul Petit"),
            ("Skin before", "", "intact"),
            ("Late record", "no", "yes"),
        ])],
    )  # fmt: skip


def test_rows_below_are_added_changed_and_removed_by_name(physician, session):
    application = Application.objects.get(session=session)
    phase = Phase(
        application=application,
        number=1,
        anode_site="palm",
        current_ma=Decimal("15.00"),
        current_kind="set",
        as_typed={"current_ma": "15,0"},
    )
    with act("save_draft", by=physician) as writing:
        writing.create(phase)
        writing.about(f"session:{session.uid}", session.patient_id)
    phase.current_ma, phase.as_typed = Decimal("14.50"), {}
    with act("save_draft", by=physician) as writing:
        writing.change(phase)
    with act("save_draft", by=physician) as writing:
        writing.remove(phase)
    removed, changed, added = (entry[3] for entry in said("session", session)[:3])
    name = "Application 1, phase 1"
    assert added == [
        (
            name,
            "+",
            [
                ("Anode (+)", "", "palm (hand)"),
                ("Current", "", "15 mA"),
                ("The figure is", "", "set"),
                ("As typed", "", "Current: 15,0"),
            ],
        )
    ]
    assert changed == [(name, "~", [("Current", "15 mA", "14.5 mA"), ("As typed", "Current: 15,0", "")])]
    assert removed == [
        (name, "-", [("Anode (+)", "palm (hand)", ""), ("Current", "14.5 mA", ""), ("The figure is", "set", "")])
    ]


def test_answers_and_samples_of_a_session_belong_to_its_history(physician, session):
    screening = Screening(
        patient=session.patient,
        session=session,
        form_version="1",
        language="fr",
        changed="yes",
        changed_note="new ring",
    )
    with act("save_draft", by=physician) as writing:
        writing.create(screening)
        writing.create(Answer(screening=screening, item="heart_disease", reply="no"))
        writing.create(Sample(session=session, number=1, sample_id="S-7", site="forearm", side="left"))
    rows = said("session", session)[0][3]
    assert [row[:2] for row in rows] == [
        ("Sample 1: S-7", "+"),
        ("Screening", "+"),
        (f"Answer: {short('heart_disease')}", "+"),
    ]
    assert rows[1][2] == [("Changed since last time", "", "yes"), ("What changed", "", "new ring")]
    assert rows[2][2] == [("Answer", "", "no")]


def short(code):
    with translation.override("en"):
        return str(dict(Answer._meta.get_field("item").flatchoices)[code])


def test_consultation_course_and_device_have_their_history(physician, patient):
    consultation = Consultation(patient=patient, held_date=date(2026, 3, 2), physician=physician)
    with act("record_consultation", by=physician) as writing:
        writing.create(consultation)
        writing.about(f"consultation:{consultation.uid}", patient.pk)
    course, device = a_course(by=physician, patient=patient), a_device(by=physician)
    course.consultation = consultation
    with act("change_course", by=physician, reason="Forgotten") as writing:
        writing.change(course, "consultation")
        writing.about(f"course:{course.uid}", patient.pk)
    assert said("consultation", consultation) == [
        (
            "Consultation recorded",
            "Dr Jeanne Morel",
            "",
            [
                (
                    "Consultation",
                    "+",
                    [("Date of the consultation", "", "2 Mar 2026"), ("Physician", "", "Dr Jeanne Morel")],
                )
            ],
        )
    ]
    assert said("course", course)[0] == (
        "Course changed", "Dr Jeanne Morel", "Forgotten", [("Course", "~", [("Prior consultation", "", "2 Mar 2026")])]
    )  # fmt: skip
    assert [entry[0] for entry in said("device", device)] == ["Device registered"]


def test_french_dates_decimals_and_yes(physician, session):
    application = Application.objects.get(session=session)
    with act("save_draft", by=physician) as writing:
        writing.create(Phase(application=application, number=1, duration_min=Decimal("12.5")))
    rewrite(session, physician, started_at=paris(2026, 3, 12, 15, 30), late_record=True)
    latest, before = said("session", session, "fr")[:2]
    assert [change[1:] for change in latest[3][0][2]] == [
        ("12/03/2026, 14\u00a0h\u00a005", "12/03/2026, 15\u00a0h\u00a030"),
        ("non", "oui"),
    ]
    assert before[3][0][2][0][2] == "12,5 min"


@pytest.mark.parametrize(
    ("role", "status"), [("physician", 200), ("auditor", 200), ("staff", 403), ("administrator", 403)]
)
def test_history_is_for_those_who_may_see_it(client_of, request, session, role, status):
    user = request.getfixturevalue(role)
    assert client_of(user).get(address("session", session)).status_code == status
    expected = [(session.patient_id, "history")] if status == 200 else []
    assert list(Access.objects.exclude(patient_id=None).values_list("patient_id", "kind")) == expected


def test_anonymous_is_asked_to_log_in(client, session):
    assert (
        client.get(address("session", session))["Location"]
        == f"{reverse('account_login')}?next={address('session', session)}"
    )


def test_history_of_a_device_shows_no_patient(client_of, auditor, physician):
    device = a_device(by=physician)
    assert client_of(auditor).get(address("device", device)).status_code == 200
    assert Access.objects.exclude(patient_id=None).count() == 0


@pytest.mark.parametrize("kind", ["patient", "course", "phase", "user"])
def test_address_of_no_record_is_not_found(client_of, auditor, session, kind):
    assert client_of(auditor).get(address(kind, session)).status_code == 404


def test_page_shows_reason_and_escapes_what_was_typed(client_of, auditor, physician, session):
    rewrite(session, physician, reason="<b>because</b>", notes="<script>x</script>\nline two")
    page = client_of(auditor).get(address("session", session)).content.decode()
    assert "&lt;b&gt;because&lt;/b&gt;" in page
    assert "&lt;script&gt;x&lt;/script&gt;<br>line two" in page


def test_number_of_queries_is_the_same_for_one_and_three_rows(physician, session):
    application = Application.objects.get(session=session)
    device = a_device(by=physician)
    rewrite(session, physician, device=device, reason="first")

    def add(*numbers):
        with act("save_draft", by=physician) as writing:
            writing.create(*[Phase(application=application, number=number) for number in numbers])

    add(1)
    with CaptureQueriesContext(connection) as one:
        history_of_record("session", session)
    rewrite(session, physician, device=a_device(by=physician, serial_number="2"))
    add(2, 3)
    with CaptureQueriesContext(connection) as three:
        history_of_record("session", session)
    assert len(three.captured_queries) == len(one.captured_queries)


def test_account_history_says_what_changed_and_never_a_password(client_of, administrator, staff):
    change_account(by=administrator, user=staff, reason="Married", full_name="Lou Martin")
    set_password(by=administrator, user=staff, password="another brown lamp for me", reason="Forgotten")
    client = client_of(administrator)
    client.cookies["django_language"] = "en"
    answer = client.get(reverse("account-history", args=[staff.pk]))
    with translation.override("en"):
        seen = [
            (entry.what, entry.act.reason, [(f.name, f.old, f.new) for row in entry.rows for f in row.fields])
            for entry in answer.context["entries"]
        ]
    assert [line[:2] for line in seen] == [
        ("Password set", "Forgotten"),
        ("Account changed", "Married"),
        ("Account opened", ""),
    ]
    assert seen[0][2] == [("Must choose a new password", "no", "yes")]
    assert seen[1][2] == [("Full name", "Lou Leroy", "Lou Martin")]
    assert "argon2" not in answer.content.decode()


@pytest.mark.parametrize("role", ["physician", "staff", "auditor"])
def test_account_history_is_for_the_administrator(client_of, request, administrator, role):
    assert (
        client_of(request.getfixturevalue(role)).get(reverse("account-history", args=[administrator.pk])).status_code
        == 403
    )
