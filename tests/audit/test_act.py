"""One act, one transaction, one line: what stands together, what is refused, and who waits for whom."""

import threading
from datetime import date
from uuid import uuid4

import pytest
from django.db import DataError, connection, connections
from django.test.utils import CaptureQueriesContext

from clinic.audit.act import act
from clinic.audit.models import Act
from clinic.lib.problems import AlreadyDone, Refused
from sessions.actions.session import log_session, save_draft
from sessions.models import CourseSite, Device, Patient, Session
from tests.factories import a_course, a_device, a_draft, a_patient, an_application, an_entry, an_observation, at, ready


def test_act_writes_one_history_row_per_record_with_its_final_state(physician):
    device = Device(maker="Hidrex", model="PSP1000", serial_number="1")
    with act("register_device", by=physician, reason="bought") as writing:
        writing.create(device)
        device.location = "room 2"
        writing.change(device, "location")
    rows = Device.history.all()
    assert [(row.history_type, row.location, row.history_change_reason) for row in rows] == [("+", "room 2", "bought")]
    assert [(row.history_user_id, row.act.kind) for row in rows] == [(physician.pk, "register_device")]


def test_act_keeps_what_a_removed_row_held(physician):
    course = a_course(by=physician, patient=a_patient(by=physician), sites=("palm",))
    with act("change_course", by=physician) as writing:
        writing.remove(course.sites.get())
    assert [(row.history_type, row.site) for row in CourseSite.history.order_by("history_id")] == [
        ("+", "palm"),
        ("-", "palm"),
    ]


def test_act_that_fails_half_way_leaves_nothing(physician):
    def half() -> None:
        with act("register_device", by=physician) as writing:
            writing.create(Device(maker="Hidrex", model="PSP1000", serial_number="1"))
            raise ConnectionError("the plug was pulled")

    with pytest.raises(ConnectionError):
        half()
    assert (Device.objects.count(), Device.history.count(), Act.objects.filter(kind="register_device").count()) == (
        0,
        0,
        0,
    )


def test_act_answers_what_the_database_cannot_store_with_a_refusal(physician):
    def out_of_range() -> None:
        with act("register_device", by=physician) as writing:
            writing.create(Device(maker="Hidrex", model="PSP1000", serial_number="1"))
            raise DataError("value out of range")

    with pytest.raises(Refused):
        out_of_range()
    assert (Device.objects.count(), Device.history.count()) == (0, 0)


def test_act_answers_a_unique_constraint_in_its_words_at_its_field(physician):
    a_device(by=physician, serial_number="77")
    with pytest.raises(Refused) as refused:
        a_device(by=physician, serial_number="77")
    (problem,) = refused.value.problems
    assert (problem.field, problem.code) == ("serial_number", "constraint")


def test_act_answers_a_check_constraint_in_its_words_at_its_field(physician):
    device = Device(
        maker="Hidrex",
        model="x",
        serial_number="1",
        in_service_date=date(2026, 2, 1),
        out_of_service_date=date(2026, 1, 1),
    )
    with pytest.raises(Refused) as refused, act("register_device", by=physician) as writing:
        writing.create(device)
    assert [problem.field for problem in refused.value.problems] == ["out_of_service_date"]


def test_act_refuses_every_field_that_is_wrong_at_once(physician):
    with pytest.raises(Refused) as refused:
        a_patient(by=physician, family_name="x" * 10_000, sex="", phone="a\x00b")
    assert {problem.field for problem in refused.value.problems} >= {"family_name", "sex", "phone"}
    assert Patient.objects.count() == 0


def _together(work, times: int) -> list[object]:
    """Run `work(number)` in as many threads as `times`, all let loose at once; what each gave or raised."""
    gate, answers = threading.Barrier(times), [None] * times

    def run(number: int) -> None:
        gate.wait()
        try:
            answers[number] = work(number)
        except Exception as error:
            answers[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


@pytest.mark.django_db(transaction=True)
def test_same_form_sent_by_eight_at_once_stores_one_session(physician):
    _patient, course, device = ready(by=physician)
    key, entry = uuid4(), an_entry(by=physician, device=device, started=at(date(2026, 1, 12)))
    answers = _together(lambda _number: log_session(by=physician, course=course, entry=entry, key=key), 8)
    assert sorted(type(answer).__name__ for answer in answers) == ["AlreadyDone"] * 7 + ["Session"]
    assert Session.objects.count() == 1
    assert {answer.subject for answer in answers if isinstance(answer, AlreadyDone)} == {
        f"session:{Session.objects.get().uid}"
    }


@pytest.mark.django_db(transaction=True)
def test_eight_sessions_logged_at_once_are_numbered_without_gap_or_lock(physician):
    _patient, course, device = ready(by=physician)
    entry = an_entry(by=physician, device=device, started=at(date(2026, 1, 12)))
    answers = _together(lambda _number: log_session(by=physician, course=course, entry=entry, key=uuid4()), 8)
    assert sorted(session.number for session in answers) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert Session.history.count() == 8


@pytest.mark.django_db(transaction=True)
def test_two_people_saving_the_same_draft_lose_nothing_unseen(physician):
    _patient, course, device = ready(by=physician)
    draft = a_draft(by=physician, course=course, device=device)
    entries = [
        an_entry(
            by=physician,
            device=device,
            started=at(date(2026, 1, 12)),
            notes=f"note {number}",
            applications=(),
            observations=(),
        )
        for number in range(6)
    ]
    answers = _together(lambda number: save_draft(by=physician, session=draft, entry=entries[number], version=1), 6)
    saved = [answer for answer in answers if isinstance(answer, Session)]
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert (len(saved), len(refused)) == (1, 5)
    assert {problem.code for error in refused for problem in error.problems} == {"changed"}
    assert Session.objects.get().notes == saved[0].notes


def test_log_session_asks_for_few_queries_whatever_its_rows(physician):
    _patient, course, device = ready(by=physician)

    def queries(rows: int) -> int:
        entry = an_entry(
            by=physician,
            device=device,
            started=at(date(2026, 1, 12)),
            replies={},
            changed="",
            applications=tuple(an_application(index=number) for number in range(rows)),
            observations=tuple(an_observation(index=number) for number in range(2 * rows)),
        )
        with CaptureQueriesContext(connection) as captured:
            log_session(by=physician, course=course, entry=entry, key=uuid4())
        return len([query for query in captured if "SAVEPOINT" not in query["sql"]])

    queries(1)
    assert queries(1) == queries(3) <= 14


def test_reason_that_no_database_keeps_is_refused_at_its_field(physician):
    with pytest.raises(Refused) as refused, act("choose_language", by=physician, reason="why \ud800") as writing:
        writing.about("user:1", None)
    assert [problem.field for problem in refused.value.problems] == ["reason"]
