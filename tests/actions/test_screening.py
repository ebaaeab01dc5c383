"""Recording consultations and decisions."""

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from clinic.accounts.models import User
from clinic.audit.models import Act
from clinic.lib.problems import AlreadyDone, Refused
from sessions.actions.known import answers_of, turns_of
from sessions.actions.screening import Decided, record_consultation, record_decisions
from sessions.actions.session import save_draft
from sessions.measures.answers import ITEMS
from sessions.models import Answer, Consultation, Decision, Screening
from sessions.rules.screening import needing_decision, runs, standing_ruling, standing_yes
from tests.factories import PARIS, a_consultation, a_draft, a_patient, all_no, an_entry, asked_today, at, ready

pytestmark = pytest.mark.django_db
HELD = date(2026, 1, 5)


def test_consultation_keeps_every_answer(physician: User) -> None:
    patient = a_patient(by=physician)
    consultation = a_consultation(by=physician, patient=patient, held=HELD, replies=all_no(epilepsy="yes"))
    screening = Screening.objects.get()
    assert (screening.consultation, screening.answered_at) == (consultation, datetime(2026, 1, 5, 12, tzinfo=PARIS))
    given = dict(Answer.objects.values_list("item", "reply"))
    assert given == {item.code: "no" for item in ITEMS} | {"epilepsy": "yes"}
    act = Act.objects.get(kind="record_consultation")
    assert (act.by, act.subject, act.patient_id) == (physician, f"consultation:{consultation.uid}", patient.pk)
    assert Answer.history.filter(act=act).count() == len(ITEMS)


def test_consultation_of_today_counts_from_now(physician: User) -> None:
    now = timezone.now()
    patient = a_patient(by=physician)
    values = {"held_date": timezone.localdate(now), "physician": physician}
    record_consultation(by=physician, patient=patient, values=values, answers=all_no(), at=now)
    assert Screening.objects.get().answered_at == now


@pytest.mark.parametrize(
    ("values", "replies", "fields"),
    [
        ({"held_date": date(2999, 1, 1)}, all_no(), ["held_date"]),
        ({"held_date": date(1985, 9, 6)}, all_no(), ["held_date"]),
        ({}, all_no() | {"iud": ("", "")}, ["reply_iud"]),
        ({}, all_no(heart_disease="not-applicable"), ["reply_heart_disease"]),
        ({}, all_no() | {"other": ("yes", "x" * 201)}, ["detail"]),
        ({"findings": "\x00"}, all_no(), ["findings"]),
    ],
)
def test_consultation_refused_leaves_nothing(physician: User, values: dict, replies: dict, fields: list[str]) -> None:
    patient = a_patient(by=physician)
    with pytest.raises(Refused) as refused:
        record_consultation(
            by=physician, patient=patient, values={"held_date": HELD, "physician": physician} | values, answers=replies
        )
    assert [problem.field for problem in refused.value.problems] == fields
    assert (Consultation.objects.count(), Screening.objects.count(), Answer.objects.count()) == (0, 0, 0)
    assert Act.objects.filter(kind="record_consultation").count() == 0


def test_consultation_by_staff_or_held_by_staff_is_refused(physician: User, staff: User) -> None:
    patient = a_patient(by=staff)
    for by, holder, fields in ((staff, physician, [""]), (physician, staff, ["physician"])):
        with pytest.raises(Refused) as refused:
            record_consultation(
                by=by, patient=patient, values={"held_date": HELD, "physician": holder}, answers=all_no()
            )
        assert [problem.field for problem in refused.value.problems] == fields
    assert Consultation.objects.count() == 0


def test_consultation_sent_twice_stores_one(physician: User) -> None:
    patient = a_patient(by=physician)
    key = uuid4()
    sent = {
        "by": physician,
        "patient": patient,
        "values": {"held_date": HELD, "physician": physician},
        "answers": all_no(),
        "key": key,
    }
    first = record_consultation(**sent)
    with pytest.raises(AlreadyDone) as done:
        record_consultation(**sent)
    assert (done.value.subject, Consultation.objects.count()) == (f"consultation:{first.uid}", 1)


def answer(item: str) -> int:
    return Answer.objects.get(item=item).pk


def test_decisions_are_stored_and_stand(physician: User) -> None:
    patient = a_patient(by=physician)
    a_consultation(by=physician, patient=patient, held=HELD, replies=all_no(epilepsy="yes", pregnancy="not-known"))
    assert [given.item for given in needing_decision(answers_of(patient))] == ["pregnancy", "epilepsy"]
    decided = [
        Decided(answer("epilepsy"), "proceed", "controlled for ten years", HELD),
        Decided(answer("pregnancy"), "do-not-proceed", "test first", HELD + timedelta(days=1)),
    ]
    record_decisions(by=physician, patient=patient, decisions=decided, key=uuid4())
    assert needing_decision(answers_of(patient)) == []
    stored = Decision.objects.order_by("id").values_list("answer__item", "word", "reason", "physician")
    assert list(stored) == [
        ("epilepsy", "proceed", "controlled for ten years", physician.pk),
        ("pregnancy", "do-not-proceed", "test first", physician.pk),
    ]


def test_one_wrong_decision_stores_none(physician: User) -> None:
    patient = a_patient(by=physician)
    a_consultation(by=physician, patient=patient, held=HELD, replies=all_no(epilepsy="yes", diabetes="yes"))
    decided = [Decided(answer("epilepsy"), "proceed", "fine", HELD), Decided(answer("diabetes"), "proceed", "", HELD)]
    with pytest.raises(Refused) as refused:
        record_decisions(by=physician, patient=patient, decisions=decided)
    assert [problem.field for problem in refused.value.problems] == [f"reason_{answer('diabetes')}"]
    assert Decision.objects.count() == 0


def test_no_decision_on_absolute_items_nor_on_a_no(physician: User) -> None:
    patient = a_patient(by=physician)
    a_consultation(by=physician, patient=patient, held=HELD, replies=all_no(iud="yes"))
    for item in ("iud", "epilepsy"):
        with pytest.raises(Refused) as refused:
            record_decisions(by=physician, patient=patient, decisions=[Decided(answer(item), "proceed", "why", HELD)])
        assert [problem.field for problem in refused.value.problems] == [f"word_{answer(item)}"]


def test_no_decision_on_another_patient_nor_by_staff_nor_on_nothing(physician: User, staff: User) -> None:
    patient, other = a_patient(by=physician), a_patient(by=physician)
    a_consultation(by=physician, patient=patient, held=HELD, replies=all_no(epilepsy="yes"))
    decided = [Decided(answer("epilepsy"), "proceed", "why", HELD)]
    for by, whose, what in ((physician, other, decided), (staff, patient, decided), (physician, patient, [])):
        with pytest.raises(Refused):
            record_decisions(by=by, patient=whose, decisions=what)
    assert Decision.objects.count() == 0


def test_turns_tell_where_a_patient_stands_as_all_answers_do(physician: User) -> None:
    patient, course, device = ready(by=physician)
    story = [{}, {"skin": "yes"}, {"skin": "yes"}, {"skin": "yes", "pregnancy": "not-known"}, {"skin": "no"}, {}, {}]
    for day, replies in enumerate(story):
        started = at(date(2026, 1, 12) + timedelta(days=day))
        a_draft(by=physician, course=course, device=device, started=started, replies=asked_today(**replies))
    a_draft(
        by=physician,
        course=course,
        device=device,
        started=at(date(2026, 1, 20)),
        status="not-done",
        replies=asked_today(iud="yes"),
    )
    for day in (21, 22):
        a_consultation(by=physician, patient=patient, held=date(2026, 1, day))
    every, turns = answers_of(patient), turns_of(patient)
    assert len(turns) < len(every)
    assert {item: (run.latest, run.since, run.rulings) for item, run in runs(turns).items()} == {
        item: (run.latest, run.since, run.rulings) for item, run in runs(every).items()
    }
    assert standing_yes(turns) == standing_yes(every) == {}
    assert needing_decision(turns) == needing_decision(every)


def test_of_two_decisions_of_one_day_the_later_one_stands(physician: User) -> None:
    patient = a_patient(by=physician)
    a_consultation(by=physician, patient=patient, replies=all_no(pregnancy="yes"))
    for word in ("proceed", "do-not-proceed"):
        decided = Decided(answer("pregnancy"), word, "Considered.", date(2026, 1, 6))
        record_decisions(by=physician, patient=patient, decisions=[decided])
    ruling = standing_ruling(runs(answers_of(patient))["pregnancy"])
    assert ruling is not None
    assert ruling.word == "do-not-proceed"


def test_decision_on_an_answer_that_was_corrected_since_stands_for_nothing(physician: User) -> None:
    patient, course, device = ready(by=physician)
    draft = a_draft(by=physician, course=course, device=device, replies=asked_today(pregnancy="not-known"))
    asked = Answer.objects.get(item="pregnancy", screening__session=draft)
    decided = Decided(asked.pk, "proceed", "The period is late by a day.", date(2026, 1, 12))
    record_decisions(by=physician, patient=patient, decisions=[decided])
    assert needing_decision(answers_of(patient)) == []
    corrected = an_entry(by=physician, device=device, started=draft.started_at, replies=asked_today(pregnancy="yes"))
    save_draft(by=physician, session=draft, entry=corrected, version=draft.version)
    assert [given.item for given in needing_decision(answers_of(patient))] == ["pregnancy"]
