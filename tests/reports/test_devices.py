"""The device log against counts and days worked out by hand."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from sessions.actions.device import change_device
from sessions.actions.device_entry import mark_device_entry_in_error
from sessions.reports.devices import REPORT
from sessions.reports.report import Asked, answered
from sessions.reports.session_filter import SessionFilter
from sessions.reports.standstill import days_within, standstills, still_since
from tests.factories import a_course, a_device, a_device_entry, a_patient
from tests.reports.asking import NOON, built, rows, totals
from tests.reports.rows import a_session, paris

pytestmark = pytest.mark.django_db
A, B, C = (f"Hidrex PSP1000 nº {number}" for number in "123")
MARCH = {"from_date": date(2026, 3, 1), "to_date": date(2026, 3, 31)}


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def devices(physician):
    found = [a_device(by=physician, serial_number=number) for number in "123"]
    since = {"in_service_date": date(2025, 6, 1)}
    change_device(by=physician, device=found[0], values=since, version=1, reason="found the invoice")
    gone = {"out_of_service_date": date(2026, 3, 25)}
    change_device(by=physician, device=found[1], values=gone, version=1, reason="sold")
    return found


@pytest.fixture
def logs(physician, devices):
    """A stands still from 10 to 15 March and on the 31st; B is gone from 25 March; C stands still from 20 February."""
    first, second, third = devices

    def put(device, kind, month, day, **values):
        return a_device_entry(by=physician, device=device, kind=kind, happened_date=date(2026, month, day), **values)

    put(first, "maintenance", 2, 28)
    put(first, "check", 3, 2, conforming="yes")
    put(first, "fault", 3, 10, nature="no current")
    put(first, "out-of-service", 3, 10, nature="")
    put(first, "repaired", 3, 12, nature="new cable", done_by="M. Roy", employer="Hidrex")
    put(first, "back-in-service", 3, 14, nature="")
    put(first, "maintenance", 3, 13, ended_date=date(2026, 3, 16))
    put(first, "out-of-service", 3, 31, nature="")
    put(first, "back-in-service", 4, 1, nature="")
    wrong = put(first, "fault", 3, 20)
    mark_device_entry_in_error(by=physician, entry=wrong, reason="of another device")
    put(second, "fault", 2, 28)
    put(third, "out-of-service", 2, 20, nature="")


def event(**values: Any) -> dict[str, Any]:
    return {"term": "erythema", "severity": "mild", "serious": "no", "site": "palm", "side": "left"} | values


@pytest.fixture
def treated(physician, devices):
    """Device A: four sessions of two patients in March, one with an incident. B: one in April. One without a device.

    Besides of A a draft, one in error and one not done, each with an incident that does not count.
    """
    one, two = (
        a_course(
            by=physician,
            patient=a_patient(by=physician, record_number=f"R-{n}", family_name=f"Name{n}", given_names="Zoë"),
        )
        for n in (1, 2)
    )
    amended = {"record_status": "amended", "events_answer": "observed", "skin_before": "intact", "skin_after": "intact"}
    incident = event(device_incident="yes", incident_report="spark at the plug")

    def put(course, *moment, **values):
        a_session(by=physician, course=course, started_at=paris(2026, *moment), **values)

    put(one, 3, 1, 0, 10, device=devices[0])
    put(two, 3, 10, 9, device=devices[0], **amended, events=(event(device_incident="no"),))
    put(two, 3, 29, 3, 30, device=devices[0], sites=("palm", "sole"))
    put(one, 3, 31, 23, 30, device=devices[0], status="stopped", events=(incident, event()))
    put(two, 4, 1, 0, 10, device=devices[1])
    put(one, 3, 5, 9)
    for values in ({"record_status": "preliminary"}, {"record_status": "entered-in-error"}, {"status": "not-done"}):
        put(one, 3, 20, 9, device=devices[0], events=(incident,), **values)


def test_devices_of_march_as_counted_by_hand(logs, treated):
    found = built(REPORT, **MARCH)
    assert rows(found, "devices") == [
        (A, 4, 2, date(2026, 3, 31), date(2026, 3, 13), date(2026, 3, 2), 1, 1, 7, date(2025, 6, 1), date(2026, 3, 31)),
        (B, 0, 0, None, None, None, 0, 0, 7, None, date(2026, 3, 25)),
        (C, 0, 0, None, None, None, 0, 0, 31, None, date(2026, 2, 20)),
        ("no device written", 1, 1, date(2026, 3, 5), None, None, None, 0, None, None, None),
    ]
    assert totals(found, "devices")[:2] == ("All", 5)
    assert totals(found, "devices")[6:8] == (1, 1)
    assert [headline.figure for headline in found.headline] == [1, 1, 3]


def test_without_limits_days_are_counted_up_to_today(logs, treated):
    # Today is 30 April. A: six days and 31 March. B: 7 + 30. C: 9 + 31 + 30.
    assert [(line[1], line[6], line[8], line[10]) for line in rows(built(REPORT), "devices")] == [
        (4, 1, 7, None), (1, 1, 37, date(2026, 3, 25)), (0, 0, 70, date(2026, 2, 20)), (1, None, None, None),
    ]  # fmt: skip
    # On 20 March: A six days, B in use, C 9 + 20.
    then = rows(built(REPORT, at=paris(2026, 3, 20, 12)), "devices")
    assert [(line[8], line[10]) for line in then[:3]] == [(6, None), (0, None), (29, date(2026, 2, 20))]
    april = rows(built(REPORT, from_date=date(2026, 4, 1), to_date=date(2027, 1, 1)), "devices")
    assert [(line[0], line[1], line[6], line[8]) for line in april] == [(A, 0, 0, 0), (B, 1, 0, 30), (C, 0, 0, 30)]


def test_entries_of_the_period_stand_newest_first_without_those_in_error(logs):
    lines = rows(built(REPORT, **MARCH), "entries")
    assert [(line[0].day, line[2]) for line in lines] == [
        (31, "taken out of service"), (14, "put back in service"), (13, "maintenance"), (12, "repaired"),
        (10, "taken out of service"), (10, "fault"), (2, "check"),
    ]  # fmt: skip
    assert lines[3][1:] == (A, "repaired", "new cable", None, "M. Roy", "Hidrex", "", "")


def test_one_device_alone_and_other_limits_leave_the_log_as_it_is(logs, treated, devices):
    alone = built(REPORT, device=devices[1].pk)
    assert [(line[0], line[1]) for line in rows(alone, "devices")] == [(B, 1)]
    assert [line[1] for line in rows(alone, "entries")] == [B]
    sole = built(REPORT, site="sole", **MARCH)
    assert [(line[1], line[6], line[7], line[8]) for line in rows(sole, "devices")] == [
        (1, 1, 0, 7), (0, 0, 0, 7), (0, 0, 0, 31),
    ]  # fmt: skip


def test_incidents_are_listed_one_by_one_for_those_who_may_see_names(treated):
    (line,) = rows(built(REPORT), "incidents")
    assert line == (
        paris(2026, 3, 31, 23, 30), "Name1 Zoë", "R-1", A, "erythema", "mild", "spark at the plug",
    )  # fmt: skip
    assert built(REPORT, identities=False).table("incidents") is None


def test_empty_logbook_has_no_device(db):
    found = built(REPORT)
    assert [rows(found, name) for name in ("devices", "entries", "incidents")] == [[], [], []]
    assert [headline.figure for headline in found.headline] == [0, 0, 0]


def test_three_devices_ask_no_more_than_one(physician, logs, treated, devices):
    with CaptureQueriesContext(connection) as one:
        built(REPORT, device=devices[0].pk)
    with CaptureQueriesContext(connection) as three:
        built(REPORT)
    assert (len(one), len(three)) == (4, 4)


# --- Days ----------------------------------------------------------------------------------------


def still(*entries: tuple[str, int, int | None], gone: int | None = None) -> list[Any]:
    """The times of a device by the days of March."""
    log: Any = [
        SimpleNamespace(kind=kind, happened_date=date(2026, 3, day), ended_date=end and date(2026, 3, end))
        for kind, day, end in entries
    ]
    device: Any = SimpleNamespace(out_of_service_date=gone and date(2026, 3, gone))
    return standstills(device, log)


OUT, BACK, CARE = "out-of-service", "back-in-service", "maintenance"


@pytest.mark.parametrize(
    ("times", "days", "since"),
    [
        (still(), 0, None),
        (still((CARE, 5, None)), 0, None),
        (still((CARE, 5, 5)), 0, None),
        (still((OUT, 5, None)), 27, 5),
        (still((OUT, 31, None)), 1, 31),
        (still((OUT, 5, 7)), 2, None),
        (still((OUT, 5, None), (BACK, 5, None)), 0, None),
        (still((OUT, 5, None), (BACK, 9, None), (OUT, 9, None)), 27, 5),
        (still((OUT, 5, None), (OUT, 6, None), (BACK, 9, None)), 4, None),
        (still((OUT, 5, None), (CARE, 6, 8), (BACK, 7, None)), 3, None),
        (still((BACK, 3, None), (OUT, 30, None)), 2, 30),
        (still((CARE, 20, 25), gone=23), 12, 20),
        (still((OUT, 10, None), (BACK, 12, None), gone=12), 22, 10),
    ],
)
def test_first_day_counts_the_day_of_the_return_does_not(times: Any, days: int, since: int | None) -> None:
    first, last = date(2026, 3, 1), date(2026, 3, 31)
    assert days_within(times, first, last) == days
    assert still_since(times, last) == (since and date(2026, 3, since))


def test_who_did_it_and_the_note_stay_in_the_clinic(logs, settings):
    settings.SMALLEST_CELL = 5
    words = {}
    for shared in (False, True):
        found = answered(REPORT, Asked(SessionFilter(), NOON, whole=True, shared=shared)).table("entries")
        names = [column.name for column in found.columns]
        words[shared] = (names, {value for row in found.rows for value in row.values} & {"M. Roy", "Hidrex"})
    inside = ["date", "device", "kind", "nature", "used_again", "done_by", "employer", "conforming", "note"]
    assert words == {
        False: (inside, {"M. Roy", "Hidrex"}),
        True: ([name for name in inside if name not in {"done_by", "note"}], {"Hidrex"}),
    }
