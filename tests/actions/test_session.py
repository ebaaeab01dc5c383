"""Logging, signing, amending: what is written, what is refused and why, and that nothing stands half."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError
from django.utils import timezone

from clinic.audit.history import OutsideAnAct
from clinic.audit.models import Act
from clinic.lib.canonical import digest
from clinic.lib.problems import AlreadyDone, Refused
from sessions.actions.session import log_session, mark_in_error, save_draft
from sessions.actions.session_rows import Row
from sessions.actions.signature import add_addendum, amend_session, sign_session
from sessions.models import Application, Observation, Phase, Session
from tests.factories import (
    a_draft,
    a_phase,
    a_signed_session,
    an_application,
    an_entry,
    an_observation,
    asked_today,
    at,
    ready,
)
from tests.reports.signed import STARTED, a_session_of_every_kind, insert

DAY = date(2026, 1, 12)


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in refused.value.problems]


def test_log_session_writes_session_rows_and_history(physician):
    patient, course, device = ready(by=physician)
    session = a_draft(by=physician, course=course, device=device)
    assert session.number == 1
    assert session.month == date(2026, 1, 1)
    assert Phase.objects.filter(application__session=session).count() == 2
    act = Act.objects.get(kind="log_session")
    assert (act.by, act.by_name, act.patient_id, act.subject) == (
        physician,
        "Dr Jeanne Morel",
        patient.pk,
        f"session:{session.uid}",
    )
    for model, rows in ((Session, 1), (Application, 1), (Phase, 2), (Observation, 1)):
        history = model.history.filter(act=act)
        assert [row.history_type for row in history] == ["+"] * rows
        assert {row.history_user_id for row in history} == {physician.pk}


def test_log_session_numbers_the_sessions_of_a_course(physician):
    _patient, course, device = ready(by=physician)
    numbers = [
        a_draft(by=physician, course=course, device=device, started=at(DAY + timedelta(days=day))).number
        for day in range(3)
    ]
    assert numbers == [1, 2, 3]


def test_log_session_twice_with_the_same_key_stores_one(physician):
    _patient, course, device = ready(by=physician)
    key, entry = uuid4(), an_entry(by=physician, device=device, started=at(DAY))
    session = log_session(by=physician, course=course, entry=entry, key=key)
    with pytest.raises(AlreadyDone) as done:
        log_session(by=physician, course=course, entry=entry, key=key)
    assert done.value.subject == f"session:{session.uid}"
    assert Session.objects.count() == 1


def test_log_session_with_a_taken_number_says_so(physician):
    _patient, course, device = ready(by=physician)
    a_draft(by=physician, course=course, device=device)
    with pytest.raises(Refused) as refused:
        a_draft(by=physician, course=course, device=device, number=1)
    assert [problem.field for problem in refused.value.problems] == ["number"]


def test_log_session_failing_half_way_leaves_nothing(physician):
    _patient, course, device = ready(by=physician)
    acts = Act.objects.count()
    entry = an_entry(by=physician, device=device, started=at(DAY), observations=(an_observation(value="7"),))
    with pytest.raises(Refused) as refused:
        log_session(by=physician, course=course, entry=entry)
    assert [problem.field for problem in refused.value.problems] == ["observations-0-value"]
    assert (Session.objects.count(), Session.history.count(), Act.objects.count()) == (0, 0, acts)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"started_at": timezone.now() + timedelta(days=1)}, "started_at"),
        ({"ended_at": at(DAY, 9)}, "ended_at"),
        ({"ended_at": at(DAY) + timedelta(days=3)}, "ended_at"),
        ({"started_at": at(date(1980, 1, 1)), "ended_at": None}, "started_at"),
        ({"pain_nrs": 11}, "pain_nrs"),
        ({"outcome_reason": "pain"}, "outcome_reason"),
        ({"notes": "x" * 10_001}, "notes"),
        ({"notes": "a\x00b"}, "notes"),
        ({"notes": "a\u202eb"}, "notes"),
        ({"notes": "a\ud800b"}, "notes"),
        ({"incident_note": "without the tick"}, "late_record"),
    ],
)
def test_log_session_refuses_what_cannot_be(physician, changes, field):
    _patient, course, device = ready(by=physician)
    with pytest.raises(Refused) as refused:
        a_draft(by=physician, course=course, device=device, **changes)
    assert field in [problem.field for problem in refused.value.problems]
    assert Session.objects.count() == 0


@pytest.mark.parametrize(
    ("phase", "field"),
    [
        ({"current_ma": Decimal("0.005")}, "current_ma"),
        ({"current_ma": Decimal("123.4")}, "current_ma"),
        ({"current_ma": Decimal("-1")}, "current_ma"),
        ({"current_kind": ""}, "phases-0-0-current_kind"),
        ({"frequency_hz": Decimal("4300")}, "phases-0-0-frequency_hz"),
        ({"duration_min": Decimal("0")}, "duration_min"),
        ({"duty_cycle_pct": Decimal("100.5")}, "duty_cycle_pct"),
        ({"anode_side": ""}, "phases-0-0-anode_side"),
    ],
)
def test_log_session_refuses_a_figure_that_the_engines_would_store_differently(physician, phase, field):
    _patient, course, device = ready(by=physician)
    with pytest.raises(Refused) as refused:
        a_draft(by=physician, course=course, device=device, applications=(an_application(phases=(a_phase(**phase),)),))
    assert field in [problem.field for problem in refused.value.problems]
    assert Phase.objects.count() == 0


def test_log_session_refuses_a_site_of_another_indication(physician):
    _patient, course, device = ready(by=physician)
    with pytest.raises(Refused) as refused:
        a_draft(by=physician, course=course, device=device, applications=(an_application(site="abdomen"),))
    assert "applications-0-site" in [problem.field for problem in refused.value.problems]


def test_save_draft_changes_adds_and_removes_rows_with_history(physician):
    _patient, course, device = ready(by=physician)
    draft = a_draft(
        by=physician,
        course=course,
        device=device,
        observations=(an_observation(), an_observation(side="left", index=1)),
    )
    application = draft.applications.get()
    first, second = application.phases.all()
    kept, gone = draft.observations.all()
    below = (
        Row(values=a_phase(current="12.5"), id=first.pk, index=0),
        Row(values=a_phase(anode="left", cathode="right"), index=1),
    )
    rows = (Row(values=an_application().values, id=application.pk, below=below),)
    entry = an_entry(
        by=physician,
        device=device,
        started=at(DAY),
        applications=rows,
        observations=(Row(values=an_observation().values, id=kept.pk),),
    )
    save_draft(by=physician, session=draft, entry=entry, version=1)
    assert [phase.current_ma for phase in application.phases.all()] == [Decimal("12.50"), Decimal("15.00")]
    assert not Phase.objects.filter(pk=second.pk).exists()
    act = Act.objects.get(kind="save_draft")
    assert sorted(row.history_type for row in Phase.history.filter(act=act)) == ["+", "-", "~"]
    assert [(row.id, row.history_type) for row in Observation.history.filter(act=act)] == [(gone.pk, "-")]
    assert Application.history.filter(act=act).count() == 0


def test_save_draft_after_somebody_else_is_refused_and_keeps_theirs(physician, other_physician):
    _patient, course, device = ready(by=physician)
    draft = a_draft(by=physician, course=course, device=device)
    save_draft(
        by=other_physician,
        session=draft,
        entry=an_entry(by=physician, device=device, started=at(DAY), notes="theirs", applications=()),
        version=1,
    )
    with pytest.raises(Refused) as refused:
        save_draft(
            by=physician,
            session=draft,
            entry=an_entry(by=physician, device=device, started=at(DAY), notes="mine"),
            version=1,
        )
    assert codes(refused) == [("", "changed")]
    assert Session.objects.get().notes == "theirs"


def test_sign_session_keeps_what_was_signed(physician):
    _patient, course, device = ready(by=physician)
    session = a_signed_session(by=physician, course=course, device=device)
    signature = session.signatures.get()
    assert (session.record_status, signature.meaning, signature.signer_name) == (
        "final",
        "authorship",
        "Dr Jeanne Morel",
    )
    assert signature.digest == digest(signature.content)
    assert '"current_ma":"14.5"' in signature.content


def test_sign_session_names_everything_that_is_missing(physician):
    _patient, course, _device = ready(by=physician)
    draft = a_draft(
        by=physician,
        course=course,
        device=None,
        skin_after="",
        events_answer="",
        changed="",
        replies=asked_today(pregnancy=""),
        applications=(an_application(phases=(a_phase(current_type=""),)),),
    )
    with pytest.raises(Refused) as refused:
        sign_session(by=physician, session=draft, version=1)
    fields = {problem.field for problem in refused.value.problems}
    assert fields == {"device", "skin_after", "events_answer", "changed", "reply_pregnancy", "phases-0-0-current_type"}
    assert Session.objects.get().record_status == "preliminary"


def test_sign_session_by_another_than_the_responsible_physician_is_refused(physician, other_physician):
    _patient, course, device = ready(by=physician)
    draft = a_draft(by=physician, course=course, device=device)
    with pytest.raises(Refused) as refused:
        sign_session(by=other_physician, session=draft, version=1)
    assert codes(refused) == [("physician", "signer")]


def test_signed_session_is_not_edited(physician):
    _patient, course, device = ready(by=physician)
    session = a_signed_session(by=physician, course=course, device=device)
    with pytest.raises(Refused) as refused:
        save_draft(
            by=physician,
            session=session,
            entry=an_entry(by=physician, device=device, started=at(DAY)),
            version=session.version,
        )
    assert codes(refused) == [("", "signed")]


def test_amend_session_makes_a_signed_revision_and_keeps_the_former(physician):
    _patient, course, device = ready(by=physician)
    session = a_signed_session(by=physician, course=course, device=device)
    former = session.signatures.get().content
    entry = an_entry(by=physician, device=device, started=at(DAY), pain_nrs=4, applications=(an_application(),))
    amended = amend_session(
        by=physician, session=session, entry=entry, version=session.version, reason="Pain noted wrongly"
    )
    assert (amended.record_status, amended.revision) == ("amended", 2)
    assert [signature.meaning for signature in session.signatures.all()] == ["authorship", "amendment"]
    assert session.signatures.first().content == former
    assert '"pain_nrs":4' in session.signatures.last().content
    assert Act.objects.get(kind="amend_session").reason == "Pain noted wrongly"


def test_amend_session_that_could_not_be_signed_changes_nothing(physician):
    _patient, course, device = ready(by=physician)
    session = a_signed_session(by=physician, course=course, device=device)
    entry = an_entry(by=physician, device=device, started=at(DAY), skin_after="")
    with pytest.raises(Refused):
        amend_session(by=physician, session=session, entry=entry, version=session.version, reason="a reason")
    stored = Session.objects.get()
    assert (stored.record_status, stored.revision, stored.skin_after) == ("final", 1, "erythema")


def test_amend_session_without_reason_is_refused(physician):
    _patient, course, device = ready(by=physician)
    session = a_signed_session(by=physician, course=course, device=device)
    with pytest.raises(Refused) as refused:
        amend_session(
            by=physician,
            session=session,
            entry=an_entry(by=physician, device=device, started=at(DAY)),
            version=session.version,
            reason=" ",
        )
    assert [problem.field for problem in refused.value.problems] == ["reason"]


def test_add_addendum_is_signed_and_leaves_the_record(physician):
    _patient, course, device = ready(by=physician)
    session = a_signed_session(by=physician, course=course, device=device)
    addendum = add_addendum(by=physician, session=session, text="Seen again by telephone.")
    assert addendum.signature.meaning == "addendum"
    assert '"text":"Seen again by telephone."' in addendum.signature.content
    assert Session.objects.get().record_status == "final"


def test_mark_in_error_needs_a_reason_and_keeps_the_record(physician):
    _patient, course, device = ready(by=physician)
    session = a_signed_session(by=physician, course=course, device=device)
    with pytest.raises(Refused):
        mark_in_error(by=physician, session=session, reason="", version=session.version)
    mark_in_error(by=physician, session=session, reason="Wrong patient", version=session.version)
    stored = Session.objects.get()
    assert (stored.record_status, stored.notes, stored.pain_nrs) == ("entered-in-error", "", 2)
    assert a_draft(by=physician, course=course, device=device).number == 1


def test_rows_are_written_by_acts_only(physician):
    _patient, course, device = ready(by=physician)
    session = a_draft(by=physician, course=course, device=device)
    for write in (
        session.save,
        session.delete,
        lambda: Session.objects.update(notes="x"),
        lambda: Session.objects.all().delete(),
        lambda: Session.objects.create(),
        lambda: Session.objects.bulk_create([session]),
    ):
        with pytest.raises(OutsideAnAct):
            write()


def test_history_row_without_an_act_is_refused_by_the_database(physician):
    _patient, course, device = ready(by=physician)
    session = a_draft(by=physician, course=course, device=device)
    fields = {field.attname: getattr(session, field.attname) for field in Session.history.model.tracked_fields}
    line = Session.history.model(history_date=timezone.now(), history_type="~", history_user_id=physician.pk, **fields)
    with pytest.raises(IntegrityError):
        insert(line)


def test_session_not_done_is_not_signed_with_a_current(physician):
    _patient, course, device = ready(by=physician)
    draft = a_draft(by=physician, course=course, device=device, status="not-done", outcome_reason="contraindication")
    with pytest.raises(Refused) as refused:
        sign_session(by=physician, session=draft, version=draft.version)
    assert [(problem.field, problem.code) for problem in refused.value.problems] == [("status", "contradiction")]
    prepared = an_entry(
        by=physician, device=device, started=draft.started_at, status="not-done", outcome_reason="contraindication",
        applications=(an_application(phases=()),),
    )  # fmt: skip
    draft = save_draft(by=physician, session=draft, entry=prepared, version=draft.version)
    assert sign_session(by=physician, session=draft, version=draft.version).record_status == "final"


def test_sample_with_a_result_is_not_taken_away(physician):
    signed = a_session_of_every_kind(physician)
    late = {"late_record": True, "late_reason": "Found in the notes.", "incident_note": "None."}
    entry = an_entry(
        by=physician, device=signed.device, started=STARTED, status="stopped", outcome_reason="pain", **late
    )
    with pytest.raises(Refused) as refused:
        amend_session(by=physician, session=signed, entry=entry, version=signed.version, reason="a slip")
    assert [(problem.field, problem.code) for problem in refused.value.problems] == [("", "result")]
    assert signed.samples.count() == 1
