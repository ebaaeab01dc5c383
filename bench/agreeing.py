"""Whether a report and the SQL by hand say the same: numbers that stand large, and the rows of each list in their order."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from sessions.measures.counted import PART, CountedBy
from sessions.measures.words import PERFORMED, Status, Sufficiency, YesNo
from sessions.reports.data_quality import CHECKS, Alike
from sessions.reports.rates import per_hundred
from sessions.reports.report import Built

Rows = list[dict[str, Any]]


def differences(code: str, built: Built, hand: list[Rows]) -> list[str]:
    """What the statements by hand say otherwise than the report, nothing where they agree."""
    said = []
    if code in NUMBERS:
        places, count = NUMBERS[code]
        ours, theirs = [built.headline[place].figure for place in places], count(hand)
        if ours != theirs:
            said.append(f"{ours}, by hand {theirs}")
    lists = [rows for rows in hand if any(row.get("key") for row in rows)]
    names = [name for name in LISTS.get(code, ()) if (table := built.table(name)) and table.rows]
    if len(lists) != len(names):
        said.append(f"lists of {names}, by hand {len(lists)}")
    for name, rows in zip(names, lists, strict=False):
        table = built.table(name)
        said += rows_differ(name, (row.key for row in table.rows), (row["key"] for row in rows)) if table else []
    return said


def rows_differ(name: str, ours: Iterable[Any], theirs: Iterable[Any]) -> list[str]:
    """In which place; a record that stands in several rows counts once, and what by hand tells of the next page not at all."""
    shown = list(dict.fromkeys(UUID(str(key)) for key in ours))
    written = list(dict.fromkeys(UUID(str(key)) for key in theirs if key is not None))[: len(shown)]
    if shown == written:
        return []
    places = [place for place, pair in enumerate(zip(shown, written, strict=False)) if len(set(pair)) > 1]
    return [f"{name}: {len(shown)} rows, by hand {len(written)}, the first other one in place {places[:1]}"]


def _performed(hand: list[Rows]) -> list[Any]:
    return [sum(list(row.values())[-1] for row in hand[0] if row["status"] in PERFORMED)]


def _events(hand: list[Rows]) -> list[Any]:
    """Events, sessions of a hundred with one, serious ones: from the tallies, or from people and events one by one."""
    if len(hand) == 1:
        tallies = {(row["counted_by"], row["which"]): row for row in hand[0] if not row["month"]}
        one, serious, seen = (
            tallies.get(key, {"events": 0, "sessions": 0})
            for key in ((CountedBy.EVENT, ""), (CountedBy.SERIOUS, YesNo.YES), (CountedBy.PERFORMED, ""))
        )
        events, with_one, whole, severe = one["events"], one["sessions"], seen["sessions"], serious["events"]
    else:
        people, found = hand
        events, with_one = len(found), len({row["session_id"] for row in found})
        whole = sum(row["sessions"] for row in people)
        severe = sum(row["serious"] == YesNo.YES for row in found)
    return [events, _rate(with_one, whole), severe]


def _rates(hand: list[Rows]) -> list[Any]:
    """Attended of those booked, and drop-outs of the courses that had a planned number."""
    attended, missed = (
        sum(list(row.values())[-1] for row in hand[0] if row["status"] in words)
        for words in (PERFORMED, (Status.NOT_DONE,))
    )
    ended = [(*row["which"].split(PART), row["number"]) for row in hand[-1]]
    planned, dropped = (sum(number for *said, number in ended if said[place]) for place in (1, 2))
    return [_rate(attended, attended + missed), _rate(dropped, planned)]


def _rate(part: int, whole: int) -> Any:
    rate = per_hundred(part, whole)
    return "–" if rate is None else rate


def _missing(hand: list[Rows]) -> list[Any]:
    """Last values, and courses without any value."""
    pairs, _directions, courses = hand
    numbers = {row["counted_by"]: int(row["number"]) for row in courses}
    missing = _sum(row for row in pairs if row["counted_by"] == "place" and not row["has_last"])
    return [missing, numbers.get("seen", 0) - numbers.get("measure", 0)]


def _active(hand: list[Rows]) -> list[Any]:
    def kept(row: dict[str, Any]) -> bool:
        _status, phase, first = row["which"].split("|")
        return phase == "maintenance" if phase else not first

    every, maintenance = _sum(hand[0]), _sum(row for row in hand[0] if kept(row))
    return [every, every - maintenance, maintenance]


def _answered_yes(hand: list[Rows]) -> list[Any]:
    answers, late = hand
    people = next(row["patients"] for row in answers if row["what"] == "people")
    return [_sum(row for row in answers if row["what"] == "yes"), people, late[0]["late"] if late else 0]


def _outstanding(hand: list[Rows]) -> list[Any]:
    """Samples, and those that wait for a result."""
    waiting = {
        row["id"] for row in hand[0] if row["said"] is None and row["sufficiency"] in ("", Sufficiency.SUFFICIENT)
    }
    return [len({row["id"] for row in hand[0]}), len(waiting)]


def _gaps(hand: list[Rows]) -> list[Any]:
    every = next(row["number"] for row in hand[0] if not row["alike"])
    alike = [(_alike(*row["alike"].split(";")), row["number"]) for row in hand[0] if row["alike"]]
    return [every, sum(number for one, number in alike for check in CHECKS[:7] if check.holds(one))]


def _alike(record_status: str, status: str, late: str, no_device: str, no_operator: str, gaps: str) -> Alike:
    return Alike(record_status, status, bool(late), bool(no_device), bool(no_operator), int(gaps))


def _sum(rows: Iterable[dict[str, Any]]) -> int:
    return sum(int(row["number"]) for row in rows)


# By report: the places among the headlines, and how the statements by hand come to the same numbers.
NUMBERS: dict[str, tuple[tuple[int, ...], Callable[[list[Rows]], list[Any]]]] = {
    "sessions": ((0,), _performed),
    "response": ((1, 2), _missing),
    "adverse-events": ((0, 1, 2), _events),
    "attendance": ((0, 1), _rates),
    "active-courses": ((0, 1, 2), _active),
    "screening": ((0, 1, 2), _answered_yes),
    "substances": ((0,), lambda hand: [len(hand[0])]),
    "course-curves": ((0,), lambda hand: [_sum(hand[0])]),
    "devices": ((1,), lambda hand: [len(hand[1])]),
    "diagnostic": ((0, 2), _outstanding),
    "data-quality": ((0, 1), _gaps),
    "unsigned": ((0,), lambda hand: [len(hand[0])]),
}
LISTS = {
    "active-courses": ("list",),
    "screening": ("positives", "late"),
    "substances": ("list",),
    "devices": ("incidents",),
    "diagnostic": ("list",),
    "data-quality": ("list",),
    "unsigned": ("list",),
}
