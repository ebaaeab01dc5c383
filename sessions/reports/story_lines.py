"""The lines of a patient's timeline, each made from rows in hand or one query."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from clinic.lib.figures import figure_text
from sessions.measures.answers import BY_CODE, DecisionWord, Reply
from sessions.measures.sites import Indication, Site
from sessions.measures.words import Comparator, EventTerm, OutcomeReason, RecordStatus, Severity, Status, Sufficiency
from sessions.models import Addendum, Patient, Result
from sessions.rules.screening import Given

TONES = {RecordStatus.PRELIMINARY.value: "draft", RecordStatus.IN_ERROR.value: "error"}


@dataclass(frozen=True)
class Entry:
    """One line of the timeline. `uid` names the record that it leads to; `facts` are what the template shows."""

    kind: str
    day: date | None
    at: datetime | None
    uid: UUID | None
    facts: dict[str, Any]
    struck: str = ""
    order: tuple = ()

    @property
    def iso(self) -> str:
        return (timezone.localtime(self.at) if self.at else self.day).isoformat() if self.day else ""

    @property
    def when(self) -> str:
        if self.at:
            return date_format(timezone.localtime(self.at), "SHORT_DATETIME_FORMAT")
        return date_format(self.day, "SHORT_DATE_FORMAT") if self.day else ""


@dataclass(frozen=True)
class CourseLine:
    """A course with its progress: sessions signed as performed, of those planned."""

    uid: UUID
    indication: str
    sites: tuple[str, ...]
    status: str
    is_open: bool
    opened_date: date
    ended_date: date | None
    end_reason: str
    physician: str
    planned: int | None
    performed: int
    drafts: int
    has_consultation: bool


@dataclass(frozen=True)
class AnswerLine:
    """A question with its standing answer, since when, and how old it is in days."""

    short: str | Promise
    absolute: bool
    reply: str
    label: str | Promise
    detail: str
    on: date | None
    since: date | None
    days: int | None


def session_entries(sessions: Iterable[dict[str, Any]]) -> list[Entry]:
    """A line per session, with what went wrong; what was documented is added to those that are shown."""
    indications = {word.value: str(word.label) for word in Indication}
    statuses = {word.value: str(word.label) for word in Status}
    records = {word.value: str(word.label) for word in RecordStatus}
    entries = []
    session = _("Session")
    for row in sessions:
        device = f" · {row['device__maker']} {row['device__model']}" if row["device__maker"] else ""
        facts = {
            "title": f"{session} {row['number']} · {indications[row['course__indication']]}",
            "status": statuses.get(row["status"], ""),
            "status_tone": "" if row["status"] == Status.COMPLETED else "tag-warn",
            "record": records[row["record_status"]],
            "record_code": row["record_status"],
            "record_tone": TONES.get(row["record_status"], "signed"),
            "reason": " · ".join(
                part for part in (_label(OutcomeReason, row["outcome_reason"]), row["outcome_note"]) if part
            ),
            "late": row["late_record"],
            "people": f"{row['physician__full_name']}{device}",
            "id": row["id"],
            "settings": [],
            "events": [_event(event) for event in row["events"]],
        }
        day = timezone.localdate(row["started_at"]) if row["started_at"] else None
        entries.append(
            Entry(
                "session",
                day,
                row["started_at"],
                row["uid"],
                facts,
                row["struck"] or "",
                _order(day, row["started_at"], row["id"]),
            )
        )
    return entries


def _event(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "term": row["events__term_note"]
        if row["events__term"] == EventTerm.OTHER
        else _label(EventTerm, row["events__term"]),
        "severity": _label(Severity, row["events__severity"]),
        "serious": row["events__serious"] == "yes",
    }


def consultation_entries(consultations: Iterable[dict[str, Any]]) -> list[Entry]:
    """A line per consultation."""
    return [
        Entry(
            "consultation", row["held_date"], None, row["uid"],
            {"physician": row["physician__full_name"], "complaint": row["complaint"], "findings": row["findings"]},
            order=_order(row["held_date"], None, 1),
        )
        for row in consultations
    ]  # fmt: skip


def changes(answers: Iterable[Given]) -> list[Entry]:
    """Answers that differ from the one before, and decisions, by day."""
    before: dict[str, str] = {}
    by_day: dict[date, list[dict[str, Any]]] = {}
    for given in answers:
        item = BY_CODE[given.item]
        known = before.get(given.item)
        if known and known != given.reply:
            change = {
                "item": item.short,
                "absolute": item.absolute,
                "before": Reply(known).label,
                "now": Reply(given.reply).label,
            }
            by_day.setdefault(given.on, []).append(change | {"detail": given.detail})
        for ruling in given.rulings:
            decided = {"item": item.short, "absolute": item.absolute, "decided": DecisionWord(ruling.word).label}
            by_day.setdefault(ruling.on, []).append(decided)
        before[given.item] = given.reply
    return [
        Entry("screening", day, None, None, {"changes": changes}, order=_order(day, None, 3))
        for day, changes in by_day.items()
    ]


def course_entries(courses: Iterable[CourseLine]) -> list[Entry]:
    """A line for the opening and one for the end of each course."""
    entries = []
    for course in courses:
        facts = {"course": course}
        entries.append(
            Entry(
                "course",
                course.opened_date,
                None,
                course.uid,
                facts | {"opened": True},
                order=_order(course.opened_date, None, 2),
            )
        )
        if course.ended_date:
            entries.append(
                Entry("course", course.ended_date, None, course.uid, facts, order=(course.ended_date, time.max, 9))
            )
    return entries


def addenda(patient: Patient) -> list[Entry]:
    """A line per addendum; one query."""
    rows = Addendum.objects.filter(session__patient=patient).values(
        "id", "text", "session__uid", "session__number", "signature__signer_name", "signature__signed_at"
    )
    entries = []
    for row in rows:
        at = row["signature__signed_at"]
        day = timezone.localdate(at) if at else None
        facts = {"text": row["text"], "number": row["session__number"], "signer": row["signature__signer_name"]}
        entries.append(Entry("addendum", day, at, row["session__uid"], facts, order=_order(day, at, row["id"])))
    return entries


def results(patient: Patient) -> list[Entry]:
    """A line per laboratory result, those entered in error struck through; one query."""
    rows = Result.objects.filter(sample__session__patient=patient).values(
        "id", "sample__sample_id", "sample__site", "sample__session__uid", "sample__session__number", "sample__session__started_at",
        "sufficiency", "comparator", "result_value", "result_unit", "received_at", "reported_at", "in_error", "error_reason",
    )  # fmt: skip
    entries = []
    for row in rows:
        at = row["reported_at"] or row["received_at"] or row["sample__session__started_at"]
        day = timezone.localdate(at) if at else None
        comparator = row["comparator"] if row["comparator"] != Comparator.EQUAL else ""
        unit = "" if row["result_unit"] == "1" else row["result_unit"]
        figure = " ".join(part for part in (comparator, figure_text(row["result_value"]), unit) if part)
        facts = {
            "sample": row["sample__sample_id"],
            "site": _label(Site, row["sample__site"]),
            "number": row["sample__session__number"],
            "result": figure or _label(Sufficiency, row["sufficiency"]),
        }
        struck = row["error_reason"] or "—" if row["in_error"] else ""
        entries.append(Entry("result", day, at, row["sample__session__uid"], facts, struck, _order(day, at, row["id"])))
    return entries


def _label(words: Any, code: str) -> str:
    return str(words(code).label) if code else ""


def _order(day: date | None, at: datetime | None, rank: int) -> tuple:
    """What is not dated yet (a draft without a start) comes first; things of a day without a time come before its sessions."""
    return (day or date.max, timezone.localtime(at).time() if at else time.min, rank)
