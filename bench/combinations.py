"""Free combinations of filters: what somebody may put together for one year, on the list of sessions, its figures and two reports.

By hand: the same limits over the stored figures, written once for each combination.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from django.db import connection
from django.utils import timezone

from bench.agreeing import differences, rows_differ
from bench.answering import Answer, Statement, answered, read
from bench.by_hand import COUNTED, MEASURE, SIGNED
from sessions.measures.ages import BANDS
from sessions.measures.ages import BY_CODE as AGES
from sessions.measures.responses import POINT, Reached
from sessions.reports.registry import BY_CODE as REPORTS
from sessions.reports.report import Asked
from sessions.reports.session_filter import SessionFilter, counted_within
from sessions.reports.session_order import USUAL
from sessions.reports.session_page import sessions_page

GOAL_MS = 500
REPORTED = ("sessions", "adverse-events")
PAGE, COUNTED_TO = 50, 1000
OF_THE_FIGURES = {
    "physician": "physician_id", "operator": "operator_id", "device": "device_id", "indication": "indication",
    "status": "status", "record_status": "record_status", "sex": "sex",
}  # fmt: skip
CELLS = (
    "s.uid AS key, s.started_at, p.family_name, p.given_names, p.record_number, f.indication, s.number, s.status, "
    "s.record_status, u.full_name, d.maker, d.model, d.serial_number, f.sites"
)


@dataclass(frozen=True)
class Combination:
    """Limits that are set together, and what they are called."""

    name: str
    chosen: SessionFilter


def combinations(year: SessionFilter, definition: str) -> list[Combination]:
    """From three limits beside the year to all that tell something of a session; `definition`: key of a response."""
    physician, device = _usual("physician", "hyperhidrosis"), _usual("device", "hyperhidrosis")
    of_cellulite = _usual("physician", "cellulite")
    reached = f"{definition}{POINT}{Reached.REACHED.value}"
    band = BANDS[2].code
    return [
        Combination("site, sex, age", replace(year, site="palm", sex="female", age=band)),
        Combination("physician, substance, age", replace(year, physician=of_cellulite, substance="caféine", age=band)),
        Combination("device, site and side, response", replace(year, device=device, site="sole", side="bilateral", response=reached)),
        Combination("all at once", replace(year, physician=physician, device=device, indication="hyperhidrosis", site="palm", side="bilateral", status="completed", record_status="final", sex="female", age=band, response=reached)),
    ]  # fmt: skip


def asked(year: SessionFilter, definition: str) -> Iterator[Answer]:
    """What each of them takes: the first page of the list, how many are counted, and two reports."""
    for combination in combinations(year, definition):
        limits, values = by_hand(combination.chosen)
        yield _list(combination, limits, values)
        yield _counted(combination, limits, values)
        for code in REPORTED:
            yield _report(code, combination, [(text, values) for text in REPORTS_BY_HAND[code](limits)])


def _list(combination: Combination, limits: str, values: list[Any]) -> Answer:
    def page() -> Any:
        return sessions_page(combination.chosen, USUAL)

    hand = [(text, values) for text in _list_by_hand(limits)]
    answer = _answer("list of sessions", combination)
    answer.differs = rows_differ(
        "list", [line.session.uid for line in page().lines], [row["key"] for row in read(hand[-1])]
    )
    return answered(answer, page, hand)  # fmt: skip


def _counted(combination: Combination, limits: str, values: list[Any]) -> Answer:
    def count() -> int:
        return counted_within(combination.chosen).count()

    hand = (f"SELECT COUNT(*) AS number FROM logbook_sessionfigures f WHERE {COUNTED} AND {limits}", values)
    answer = _answer("sessions counted", combination)
    if (ours := count()) != (theirs := read(hand)[0]["number"]):
        answer.differs = [f"{ours}, by hand {theirs}"]
    return answered(answer, count, [hand])


def _report(code: str, combination: Combination, hand: list[Statement]) -> Answer:
    question = Asked(combination.chosen, timezone.now(), identities=True, records=True)

    def build() -> Any:
        return REPORTS[code].build(question)

    answer = _answer(code, combination)
    answer.differs = differences(code, build(), [read(statement) for statement in hand])
    return answered(answer, build, hand)


def _answer(what: str, combination: Combination) -> Answer:
    return Answer(f"{what}, one year, {combination.name}", GOAL_MS, flat=False)


def _usual(name: str, indication: str) -> int | None:
    """Whom, or which device, most sessions with this indication have."""
    found = f"SELECT {name}_id FROM logbook_sessionfigures WHERE {name}_id IS NOT NULL AND indication = %s"
    with connection.cursor() as cursor:
        cursor.execute(f"{found} GROUP BY 1 ORDER BY COUNT(*) DESC, 1 LIMIT 1", [indication])
        first = cursor.fetchone()
    return first[0] if first else None


# --- By hand -------------------------------------------------------------------------------------


def by_hand(chosen: SessionFilter) -> tuple[str, list[Any]]:
    """The limits as SQL over `logbook_sessionfigures f`, and its values; the response is a fall of `MEASURE` by one."""
    day = connection.ops.adapt_datefield_value
    assert chosen.from_date
    assert chosen.to_date
    parts, values = ["f.day >= %s AND f.day <= %s"], list[Any]([day(chosen.from_date), day(chosen.to_date)])
    for field in fields(chosen):
        if (value := getattr(chosen, field.name)) and field.name in OF_THE_FIGURES:
            parts.append(f"f.{OF_THE_FIGURES[field.name]} = %s")
            values.append(value)
    if chosen.age:
        parts.append("f.age >= %s AND f.age <= %s")
        values += [AGES[chosen.age].least, AGES[chosen.age].most]
    of_one = {name: value for name in ("site", "side", "substance") if (value := getattr(chosen, name))}
    if of_one:
        same = " AND ".join(f"a.{name} = %s" for name in of_one)
        parts.append(f"EXISTS (SELECT 1 FROM logbook_application a WHERE a.session_id = f.session_id AND {same})")
        values += of_one.values()
    if chosen.response:
        fell = f"o.measure = '{MEASURE}' AND o.unit = '{{score}}' AND o.last_value <= o.first_value - 1"
        parts.append(f"f.course_id IN (SELECT o.course_id FROM logbook_outcome o WHERE {fell})")
    return " AND ".join(parts), values


def _list_by_hand(limits: str) -> list[str]:
    """How many, as far as that is counted, and the page of the newest."""
    standing = f"f.record_status <> 'entered-in-error' AND {limits}"
    page = f"SELECT f.session_id, f.day, f.started_at FROM logbook_sessionfigures f WHERE {standing} ORDER BY f.day DESC, f.started_at DESC, f.session_id DESC LIMIT {PAGE + 1}"
    return [
        f"SELECT COUNT(*) FROM (SELECT 1 FROM logbook_sessionfigures f WHERE {standing} LIMIT {COUNTED_TO + 1}) x",
        (f"SELECT {CELLS} FROM ({page}) x JOIN logbook_session s ON s.id = x.session_id JOIN logbook_sessionfigures f ON f.session_id = s.id "
        "JOIN logbook_patient p ON p.id = s.patient_id JOIN accounts_user u ON u.id = s.physician_id LEFT JOIN logbook_device d ON d.id = s.device_id "
        "ORDER BY x.day DESC, x.started_at DESC, x.session_id DESC"),
    ]  # fmt: skip


def _sessions_by_hand(limits: str) -> list[str]:
    alike = "f.month, f.indication, f.physician_id, f.device_id, f.sites, f.late_record, f.status"
    return [
        f"SELECT {alike}, COUNT(*) FROM logbook_sessionfigures f WHERE f.record_status IN {SIGNED} AND {limits} GROUP BY {alike}"
    ]


def _events_by_hand(limits: str) -> list[str]:
    """Who was treated with what where, and every event."""
    alike = "f.patient_id, f.device_id, f.sites"
    return [
        f"SELECT {alike}, COUNT(*) AS sessions FROM logbook_sessionfigures f WHERE {COUNTED} AND {limits} GROUP BY {alike}",
        ("SELECT e.session_id, f.patient_id, f.month, f.device_id, e.term, e.severity, e.serious, e.site, e.under_electrode "
        f"FROM logbook_sessionfigures f JOIN logbook_adverseevent e ON e.session_id = f.session_id WHERE f.events > 0 AND {COUNTED} AND {limits}"),
    ]  # fmt: skip


REPORTS_BY_HAND: dict[str, Callable[[str], list[str]]] = {"sessions": _sessions_by_hand, "adverse-events": _events_by_hand}  # fmt: skip
