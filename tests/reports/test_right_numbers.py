"""Every report against the obvious computation, over logbooks and limits by chance, on either engine."""

from collections import Counter
from dataclasses import astuple
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from django.utils import timezone, translation

from clinic.accounts.models import User
from sessions.measures.outcomes import BY_CODE as MEASURES
from sessions.measures.responses import PUBLISHED
from sessions.measures.sites import Site
from sessions.measures.words import EventTerm
from sessions.models import SessionFigures
from sessions.reports import (
    active_courses,
    adverse_events,
    attendance,
    data_quality,
    diagnostic,
    events_counted,
    outcomes_counted,
    response,
    screening_positives,
    sessions,
    substances,
    unsigned,
)
from sessions.reports.report import Asked
from sessions.reports.session_filter import SessionFilter, whole_year
from tests.reports.asking import built, rows, totals
from tests.reports.random_logbook import fill, limits
from tests.reports.slowly import Slow, local_day, share

pytestmark = pytest.mark.django_db
QUESTIONS = 12


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def every_report_is_right(asked: dict[str, Any]) -> None:
    slow = Slow(asked)
    for check in (
        _sessions, _attendance, _active, _events, _substances, _diagnostic, _unsigned, _quality, _screening, _response,
    ):  # fmt: skip
        found, expected = check(slow, asked)
        assert (check.__name__, asked, found) == (check.__name__, asked, expected)


def _sessions(slow: Slow, asked: dict[str, Any]) -> tuple[Any, Any]:
    sums = sessions.counted(built_filter(asked))
    expected = {
        "month": slow.sessions(lambda s: [local_day(s.started_at).replace(day=1) if s.started_at else None]),
        "physician": slow.sessions(lambda s: [s.physician_id]),
        "indication": slow.sessions(lambda s: [s.course.indication]),
        "device": slow.sessions(lambda s: [s.device_id or 0]),
        "site": slow.sessions(lambda s: {a.site for a in s.applications.all()}),
    }
    found = {
        name: {key: counts.values() for key, counts in sums.by[name].items() if any(counts.values())}
        for name in expected
    }
    return found, expected


def built_filter(asked: dict[str, Any]) -> Any:
    return sessions.SessionFilter(**asked)


def _attendance(slow: Slow, asked: dict[str, Any]) -> tuple[Any, Any]:
    report = built(attendance.REPORT, **asked)
    booked, attended, rate, absent, _other = totals(report, "indication")[1:]
    dropped = totals(report, "drop-out")[2:5]
    numbers, drops = slow.attendance(), slow.drop_outs()
    rates = share(numbers[1], numbers[0]), share(drops[2], drops[1])
    return ((booked, attended, absent, rate), dropped, headline(report)), (
        (*numbers, rates[0]),
        drops,
        ["–" if figure is None else figure for figure in rates],
    )


def headline(report: Any) -> list[Any]:
    return [line.figure for line in report.headline]


def _active(slow: Slow, asked: dict[str, Any]) -> tuple[Any, Any]:
    found = built(active_courses.REPORT, **asked)
    _all, active, _first, maintenance, _held = totals(found, "indication")
    figures = active, active - maintenance, maintenance
    return (active, maintenance, headline(found)), (*slow.active(), list(figures))


def _events(slow: Slow, asked: dict[str, Any]) -> tuple[Any, Any]:
    report = built(adverse_events.REPORT, **asked)
    words = dict(EventTerm.choices)
    everybody = (len(slow.counted), slow.patients())
    terms = {
        str(words[term]): (
            events,
            with_it,
            everybody[0],
            share(with_it, everybody[0]),
            people,
            everybody[1],
            share(people, everybody[1]),
        )
        for term, (events, with_it, people) in slow.events(lambda event, _session: event.term).items()
    }
    sites = {}
    for site, (events, with_it, people) in slow.events(lambda event, _session: event.site).items():
        treated = slow.treated(site) if site else (None, None)
        sites[site] = (
            events,
            with_it,
            treated[0],
            share(with_it, treated[0] or 0),
            people,
            treated[1],
            share(people, treated[1] or 0),
        )
    names = {str(Site(site).label) if site else "not written": values for site, values in sites.items()}
    found = [{line[0]: (line[1], *line[5:]) for line in rows(report, name)} for name in ("term", "site")]
    every = [event for session in slow.counted for event in session.events.all()]
    serious = sum(event.serious == "yes" for event in every)
    rate = share(len({event.session_id for event in every}), len(slow.counted))
    first = [len(every), "–" if rate is None else rate, serious]
    return (found, len(rows(report, "serious")), headline(report)), ([terms, names], serious, first)


def _substances(slow: Slow, asked: dict[str, Any]) -> tuple[Any, Any]:
    found = {(line[0], line[2], line[3]): line[4:7] for line in rows(built(substances.REPORT, **asked), "batches")}
    return found, slow.batches()


def _diagnostic(slow: Slow, asked: dict[str, Any]) -> tuple[Any, Any]:
    if "indication" in asked:
        return (), ()
    report, expected = built(diagnostic.REPORT, **asked), slow.samples()
    first = [expected[0], "–" if expected[3] is None else expected[3], expected[4]]
    return (totals(report, "mode")[1:], headline(report)), (expected, first)


def _unsigned(slow: Slow, asked: dict[str, Any]) -> tuple[Any, Any]:
    if "record_status" in asked:
        return (), ()
    found = rows(built(unsigned.REPORT, **asked), "physicians")
    drafts = Counter(s.physician.full_name for s in slow.every if s.record_status == "preliminary")
    return {line[0]: line[-2] for line in found}, dict(drafts)


def _quality(slow: Slow, asked: dict[str, Any]) -> tuple[Any, Any]:
    found = {line[0]: line[1] for line in rows(built(data_quality.REPORT, **asked), "counts")}
    firm = slow.counted
    expected = {
        "No end written": sum(s.ended_at is None for s in firm),
        "No device written": sum(s.device_id is None for s in firm),
        "No operator written": sum(s.operator_id is None for s in firm),
        "No application written": sum(not s.applications.exists() for s in firm),
        "Time with current missing": sum(any(phase.duration_min is None for phase in slow.phases(s)) for s in firm),
        "Observation at a site without its side": sum(
            any(seen.site and not seen.side for seen in s.observations.all()) for s in firm
        ),
        "Figure ten times another one of the course": sum(map(slow.is_far, firm)),
        "Adverse event without its site": sum(any(not e.site for e in s.events.all()) for s in firm),
        "Late record": sum(s.late_record for s in slow.signed),
        "Not signed": sum(s.record_status == "preliminary" for s in slow.every),
        "Amended": sum(s.record_status == "amended" for s in slow.every),
        "Entered in error": sum(s.record_status == "entered-in-error" for s in slow.every),
    }
    return {name: found[name] for name in expected}, expected


def _screening(slow: Slow, asked: dict[str, Any]) -> tuple[Any, Any]:
    taken = {name: value for name, value in asked.items() if name in screening_positives.REPORT.limits}
    if taken != asked:
        return (), ()
    return len(rows(built(screening_positives.REPORT, **asked), "late")), sum(s.late_record for s in slow.signed)


def _response(slow: Slow, asked: dict[str, Any]) -> tuple[Any, Any]:
    report = built(response.REPORT, **asked)
    expected = {}
    for measure, counts in slow.changes().items():
        pairs = (counts["fell"], counts["same"], counts["rose"])
        lower_first = MEASURES[measure].lower_is_better is not False
        expected[str(MEASURES[measure].name)] = (
            sum(pairs),
            *(pairs if lower_first else pairs[::-1]),
            counts["missing"],
        )
    found = {line[0]: line[2:7] for table in report.tables[-2:] for line in (row.values for row in table.rows)}
    return found, expected


@pytest.mark.parametrize("seed", range(2))
def test_reports_say_what_a_plain_loop_over_the_record_says(seed: int, physician: User, other_physician: User) -> None:
    _compare(seed, [physician, other_physician])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 14))
def test_reports_say_so_of_many_logbooks(seed: int, physician: User, other_physician: User) -> None:
    _compare(seed, [physician, other_physician])


def _compare(seed: int, physicians: list[User]) -> None:
    random = Random(seed)  # noqa: S311 -- a logbook by chance
    fill(random, physicians)
    for _question in range(QUESTIONS):
        every_report_is_right(limits(random, physicians) if random.random() < 0.9 else {})


@pytest.mark.parametrize("seed", [2, 11])
def test_years_and_all_time_are_stored_as_they_are_counted(seed: int, physician: User, other_physician: User) -> None:
    fill(Random(seed), [physician, other_physician])  # noqa: S311 -- a logbook by chance
    days = SessionFigures.objects.filter(day__isnull=False).values_list("day", flat=True)
    years = sorted({day.year for day in days})
    assert len(years) > 1
    periods = {year: SessionFilter(from_date=date(year, 1, 1), to_date=date(year, 12, 31)) for year in years}
    for year, whole in (periods | {0: SessionFilter()}).items():
        assert _told(events_counted.stored(year)) == _told(events_counted.one_by_one(whole))
        asked = Asked(whole, timezone.now(), identities=True, records=True)
        assert _alike(active_courses.stored(year)) == _alike(active_courses.one_by_one(asked))
        assert _alike(attendance.stored(year)) == _alike(attendance.one_by_one(asked))
        for used in PUBLISHED:
            assert _paired(outcomes_counted.stored(year, used)) == _paired(outcomes_counted.one_by_one(whole, used))


def test_part_of_a_year_is_counted_one_by_one(physician: User, other_physician: User) -> None:
    fill(Random(2), [physician, other_physician])  # noqa: S311 -- a logbook by chance
    first, *_others, last = sorted(SessionFigures.objects.filter(day__isnull=False).values_list("day", flat=True))
    assert whole_year(SessionFilter(from_date=first, to_date=last)) is None
    assert whole_year(SessionFilter(from_date=date(last.year, 1, 1), to_date=last)) == last.year
    earlier = last - timedelta(days=1)
    assert whole_year(SessionFilter(from_date=date(last.year, 1, 1), to_date=earlier)) is None


def _alike(found: list[Any]) -> Counter[Any]:
    """How many courses are alike, whatever is told of them; a phase that was not noted is none."""
    counts: Counter[Any] = Counter()
    for one in found:
        counts[tuple(value or "" for value in astuple(one)[:-1])] += one.number
    return counts


def _paired(found: outcomes_counted.Outcomes) -> tuple[Any, ...]:
    pairs: Counter[Any] = Counter()
    for by, alike in found.pairs.items():
        for pair in alike:
            pairs[(by, *astuple(pair)[:-1])] += pair.number
    ways = {key: {way: number for way, number in of.items() if number} for key, of in found.directions.items()}
    return pairs, ways, found.without_value


def _told(counts: events_counted.Counts) -> tuple[Any, ...]:
    """Of each value what was seen; what has no session is not told by either."""
    seen = {(str(by), value): one for by, values in counts.by.items() for value, one in values.items() if one.sessions}
    return seen, {(month, str(severity)): number for (month, severity), number in counts.by_month.items()}


@pytest.mark.parametrize("module", [active_courses, data_quality, diagnostic, screening_positives, substances])
def test_page_shows_the_first_rows_of_what_a_file_has(module: Any, physician, other_physician, monkeypatch) -> None:
    fill(Random(7), [physician, other_physician])  # noqa: S311 -- a logbook by chance
    whole = built(module.REPORT)
    monkeypatch.setattr(module, "ROWS_ON_A_PAGE", 2)
    page = built(module.REPORT, whole=False)
    lists = [table for table in whole.tables if table.names_people]
    assert lists
    for table, first in zip(whole.tables, page.tables, strict=True):
        cut = 2 if table in lists else None
        assert [row.values for row in first.rows] == [row.values for row in table.rows][:cut]
        assert first.length in (None, len(table.rows))
        assert table.length == first.length
