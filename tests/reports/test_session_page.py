"""The list of sessions: any order, page by page, every session once, whatever is written meanwhile."""

from collections.abc import Callable
from datetime import date
from itertools import cycle
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from clinic.accounts.models import User
from clinic.lib.text import folded, searched
from sessions.measures.sites import Indication, Site
from sessions.measures.words import RecordStatus, Status
from sessions.models import Session
from sessions.reports import session_page
from sessions.reports.session_filter import SessionFilter
from sessions.reports.session_order import ORDERS
from sessions.reports.session_page import NoSuchPlace, Page, sessions_page
from tests.factories import a_course, a_device, a_patient
from tests.reports.rows import a_session, paris

pytestmark = pytest.mark.django_db
SORTS = [f"{hyphen}{name}" for name in ORDERS for hyphen in ("", "-")]
# Columns of words, each with the field of its index.
WORDS = {"sites": "site"} | {name: name for name in ("indication", "status", "record_status", "physician", "device")}
Log = Callable[[], Session]


@pytest.fixture(autouse=True)
def _english() -> Any:
    with translation.override("en"):
        yield


@pytest.fixture
def log(physician: User, other_physician: User) -> Log:
    """Writes one draft after the other, of few values each: many are equal in any column, and many are blank."""
    names = [("Çelik", "Zoë"), ("celik", "zoe"), ("Abel", "Ann"), ("Zed", "Ida")]
    patients = [a_patient(by=physician, family_name=family, given_names=given) for family, given in names]
    courses = [
        a_course(by=physician, patient=patient, indication=indication, sites=(site,), consultation=None)
        for patient, indication, site in zip(
            patients, ["hyperhidrosis", "cellulite", "extraction", "hyperhidrosis"], ["palm", "abdomen", "forearm", "sole"], strict=True
        )
    ]  # fmt: skip
    devices = [a_device(by=physician, serial_number="2"), a_device(by=physician, serial_number="1", maker="Élan"), None]
    states = [
        {"status": "completed", "started_at": paris(2026, 1, 12, 9), "sites": ("sole", "palm")},
        {"status": "", "record_status": "preliminary", "started_at": None, "sites": ()},
        {"status": "stopped", "started_at": paris(2026, 1, 14, 9)},
        {"status": "completed", "record_status": "preliminary", "started_at": paris(2026, 1, 12, 9)},
        {"status": "not-done", "record_status": "final", "started_at": paris(2026, 3, 12, 9), "sites": ()},
    ]
    turns = zip(
        cycle(courses), cycle(devices), cycle(states), cycle([physician, other_physician, physician]), strict=False
    )

    def one() -> Session:
        course, device, state, by = next(turns)
        return a_session(by=physician, physician=by, course=course, device=device, **state)

    return one


@pytest.fixture
def many(log: Log) -> list[Session]:
    return [log() for _turn in range(26)]


@pytest.fixture(params=["index", "cut"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to a page: along an index, as of many sessions, and cut out of a few."""
    if request.param == "index":
        monkeypatch.setattr(session_page, "COUNTED", 0)
    return request.param


def walk(sort: str, size: int, between: Callable[[], Any] = lambda: None, **limits: Any) -> list[int]:
    """Every page to the end."""
    seen: list[int] = []
    page = sessions_page(SessionFilter(**limits), sort, size=size)
    while True:
        seen += keys(page)
        if page.after is None:
            return seen
        between()
        page = sessions_page(SessionFilter(**limits), sort, after=page.after, size=size)


def keys(page: Page) -> list[int]:
    return [line.session.pk for line in page.lines]


def expected(sort: str) -> list[int]:
    """The obvious way: all of them read and sorted, what is blank last."""
    column, down = sort.removeprefix("-"), sort.startswith("-")
    sessions = list(
        Session.objects.standing().select_related("patient", "course", "physician", "device").order_by("-pk")
    )
    place: dict[str, Callable[[Session], Any]] = {
        "started_at": lambda one: one.started_at,
        "patient": lambda one: (searched(f"{one.patient.family_name} {one.patient.given_names}"), one.patient_id),
        "record_number": lambda one: one.patient.record_number,
        "indication": lambda one: str(Indication(one.course.indication).label),
        "number": lambda one: one.number,
        "sites": lambda one: _label(Site, one.applications.values_list("site", flat=True).first()),
        "status": lambda one: _label(Status, one.status),
        "record_status": lambda one: _label(RecordStatus, one.record_status),
        "physician": lambda one: (folded(one.physician.full_name), one.physician_id),
        "device": lambda one: (folded(str(one.device)), one.device_id) if one.device else None,
    }
    told = place[column]
    # Times, names and numbers go on by the key in their direction; words by the newest.
    if column in {"started_at", "patient", "record_number", "number"}:
        sessions.sort(key=lambda one: one.pk, reverse=down)
    said = [one for one in sessions if told(one) is not None]
    said.sort(key=told, reverse=down)  # keeps the order of equals, in either direction
    return [one.pk for one in [*said, *(one for one in sessions if told(one) is None)]]


def _label(words: Any, code: str | None) -> str | None:
    return folded(str(words(code).label)) if code else None


def test_every_order_shows_every_session_once(many: list[Session], way: str) -> None:
    wanted = {sort: expected(sort) for sort in SORTS}
    assert {len(keys) for keys in wanted.values()} == {len(many)}
    assert {sort: walk(sort, 7) for sort in SORTS} == wanted
    assert {sort: walk(sort, 100) for sort in SORTS} == wanted


def test_way_back_is_the_way_there(many: list[Session], way: str) -> None:
    for sort in SORTS:
        wanted = expected(sort)
        page = sessions_page(SessionFilter(), sort, size=len(wanted))
        page = sessions_page(SessionFilter(), sort, before=page.lines[-1].session.uid, size=6)
        seen = [keys(page)]
        while page.before:
            page = sessions_page(SessionFilter(), sort, before=page.before, size=6)
            seen.append(keys(page))
        assert (sort, seen) == (sort, [wanted[19:25], wanted[13:19], wanted[7:13], wanted[1:7], wanted[0:6]])
        assert (page.before, page.after is not None) == (None, True)


def test_what_is_written_meanwhile_moves_nobody(many: list[Session], log: Log, way: str) -> None:
    for sort in SORTS:
        before = set(expected(sort))
        seen = walk(sort, 12, between=log)
        assert (sort, len(seen)) == (sort, len(set(seen)))
        assert (sort, [pk for pk in seen if pk in before]) == (sort, [pk for pk in expected(sort) if pk in before])


def test_blank_stands_last_both_ways(many: list[Session], way: str) -> None:
    for sort, blank in (("started_at", "started_at"), ("device", "device_id"), ("status", "status")):
        for direction in ("", "-"):
            rows = Session.objects.in_bulk(walk(f"{direction}{sort}", 100))
            said = [bool(getattr(rows[pk], blank)) for pk in walk(f"{direction}{sort}", 100)]
            assert said == sorted(said, reverse=True)
            assert set(said) == {True, False}


def test_limits_hold_in_every_order(many: list[Session], physician: User, way: str) -> None:
    limits = {"physician": physician.pk, "site": "palm", "from_date": date(2026, 1, 12), "to_date": date(2026, 1, 12)}
    found = Session.objects.filter(
        physician=physician, applications__site="palm", started_at__range=(paris(2026, 1, 12), paris(2026, 1, 13))
    )
    wanted = set(found.values_list("pk", flat=True))
    assert wanted
    assert {sort: walk(sort, 3, **limits) for sort in SORTS} == {
        sort: [pk for pk in expected(sort) if pk in wanted] for sort in SORTS
    }


def test_entered_in_error_is_shown_where_it_is_asked_for(physician: User, way: str) -> None:
    course = a_course(by=physician, patient=a_patient(by=physician))
    session = a_session(by=physician, course=course, started_at=paris(2026, 1, 12, 9), record_status="entered-in-error")
    assert (walk("-started_at", 5), walk("-started_at", 5, record_status="entered-in-error")) == ([], [session.pk])


def test_count_is_said_up_to_a_thousand(many: list[Session], monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = []
    for counted in (25, 26, 1000):
        monkeypatch.setattr(session_page, "COUNTED", counted)
        numbers.append(sessions_page(SessionFilter(), "patient", size=5).number)
    assert numbers == [None, 26, 26]


def test_page_at_a_session_that_does_not_exist(many: list[Session], way: str) -> None:
    with pytest.raises(NoSuchPlace):
        sessions_page(SessionFilter(), "patient", after=uuid4())


def test_session_that_changed_still_tells_where_it_stands(many: list[Session], way: str) -> None:
    """Somebody pages on from a session that answers the limits no more: nobody else is left out."""
    first = sessions_page(SessionFilter(status="completed"), "status", size=4)
    other = next(one for one in many if one.status == "stopped")
    following = sessions_page(SessionFilter(status="completed"), "status", after=other.uid, size=4)
    assert (len(first.lines), keys(following)) == (4, [])
    assert keys(sessions_page(SessionFilter(status="completed"), "-status", after=other.uid, size=4)) == keys(first)


def test_same_queries_for_few_and_many(log: Log, way: str) -> None:
    counts: list[dict[str, int]] = []
    for more in (1, 60):
        for _turn in range(more):
            log()
        counts.append({})
        for sort in SORTS:
            with CaptureQueriesContext(connection) as asked:
                sessions_page(SessionFilter(), sort)
            counts[-1][sort] = len(asked)
    assert counts[0] == counts[1]
    assert max(counts[0].values()) <= 5


def test_page_of_many_is_found_along_an_index(many: list[Session], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_page, "COUNTED", 0)
    plans = {sort: plans_of(sort) for sort in SORTS}
    wrong = {sort: lines for sort in SORTS if (lines := [line for line in plans[sort] if _reads_or_sorts_all(line)])}
    assert wrong == {}
    if connection.vendor == "sqlite":
        named = {
            sort
            for sort in SORTS
            if any(f"session_by_{WORDS.get(sort.strip('-'), '-')} " in line for line in plans[sort])
        }
        assert named == {sort for sort in SORTS if sort.strip("-") in WORDS}


def plans_of(sort: str) -> list[str]:
    """How the engine means to read the first page, and those after and before a session in the middle."""
    asked: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "AS part" in sql or '"uid" = ' in sql:
            asked.append((sql, params))
        return execute(sql, params, many, context)

    middle = Session.objects.get(pk=expected(sort)[12])
    with connection.execute_wrapper(note):
        for place in ({}, {"after": middle.uid}, {"before": middle.uid}):
            sessions_page(SessionFilter(), sort, size=5, **place)
    assert len(asked) == 5  # and where the session in the middle stands, twice
    lines: list[str] = []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # of tables this small it would rather read and sort all, index or not
            for habit in ("seqscan", "bitmapscan", "sort", "hashjoin", "mergejoin"):
                cursor.execute(f"SET LOCAL enable_{habit} = off")
        for sql, params in asked:
            cursor.execute(("EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN ") + sql, params)
            lines += [str(row[-1]) for row in cursor.fetchall()]
    return lines


def _reads_or_sorts_all(line: str) -> bool:
    if connection.vendor == "postgresql":
        return "Seq Scan" in line or line.strip().removeprefix("->").strip().startswith("Sort  (")
    reads = (
        line.startswith("SCAN")
        and "INDEX" not in line
        and not line.startswith("SCAN part")
        and line != "SCAN (subquery-1)"
    )
    return reads or (line.startswith("USE TEMP B-TREE FOR ORDER BY"))
