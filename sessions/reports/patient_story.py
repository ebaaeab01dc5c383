"""The whole story of a patient, newest first, in six queries whatever its length."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Case, OuterRef, Subquery, TextField, Value, When
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sessions.measures.answers import ITEMS, Reply
from sessions.measures.sites import Indication, Site
from sessions.measures.words import PERFORMED, SIGNED, CourseStatus, EndReason, RecordStatus
from sessions.models import Application, Consultation, Course, Patient, Session
from sessions.reports.documented import documented_settings
from sessions.reports.story_lines import (
    AnswerLine,
    CourseLine,
    Entry,
    addenda,
    changes,
    consultation_entries,
    course_entries,
    results,
    session_entries,
)
from sessions.rules.screening import Given, runs

# A page shows so many entries at first; the rest of a long story is one link away.
LATEST = 20

KINDS: dict[str, Promise] = {
    "session": _("sessions"),
    "event": _("adverse events"),
    "consultation": _("consultations"),
    "screening": _("changed answers"),
    "course": pgettext_lazy("timeline", "courses"),
    "result": _("laboratory results"),
    "addendum": _("addenda"),
}


@dataclass(frozen=True)
class Choice:
    """One filter of the timeline."""

    kind: str
    label: str | Promise
    count: int
    chosen: bool


@dataclass(frozen=True)
class Story:
    """What the page of a patient shows."""

    courses: list[CourseLine]
    consultations: list[dict[str, Any]]
    answers: list[AnswerLine]
    answered_on: date | None
    entries: list[Entry]
    choices: list[Choice]
    kind: str = ""
    older: int = 0
    open_courses: list[CourseLine] = field(default_factory=list)


def build(
    patient: Patient, answers: Sequence[Given], *, kind: str = "", whole: bool = False, today: date | None = None
) -> Story:
    """The story of `patient`; `answers` are all that were given, oldest first; `kind` filters the timeline.

    The newest entries, or all of them with `whole`; `older` says how many are left out.
    """
    today = today or timezone.localdate()
    sessions = _sessions(patient)
    consultations: list[Any] = list(
        Consultation.objects.filter(patient=patient).values(
            "uid", "held_date", "complaint", "findings", "physician__full_name"
        )
    )
    courses = _courses(patient, sessions)
    entries = [
        *session_entries(sessions),
        *consultation_entries(consultations),
        *changes(answers),
        *course_entries(courses),
        *addenda(patient),
        *(results(patient) if _was_sampled(sessions) else ()),
    ]
    counts = Counter(entry.kind for entry in entries)
    counts["event"] = sum(1 for entry in entries if entry.facts.get("events"))
    kind = kind if kind in KINDS else ""
    entries = [
        entry for entry in entries if not kind or entry.kind == kind or (kind == "event" and entry.facts.get("events"))
    ]
    entries.sort(key=lambda entry: entry.order, reverse=True)
    shown = entries if whole else entries[:LATEST]
    _add_settings(shown)
    standing = answer_lines(answers, today)
    return Story(
        courses=courses,
        consultations=consultations,
        answers=standing,
        answered_on=max((line.on for line in standing if line.on), default=None),
        entries=shown,
        older=len(entries) - len(shown),
        choices=[Choice(word, label, counts[word], word == kind) for word, label in KINDS.items() if counts[word]],
        kind=kind,
        open_courses=[course for course in courses if course.is_open],
    )


def _add_settings(entries: Iterable[Entry]) -> None:
    """What was documented, for the sessions among the entries that are shown."""
    sessions = {entry.facts["id"]: entry for entry in entries if entry.kind == "session"}
    for pk, lines in documented_settings(Application.objects.filter(session_id__in=sessions)).items():
        sessions[pk].facts["settings"] = lines


def _was_sampled(sessions: list[dict[str, Any]]) -> bool:
    """Only a diagnostic session has samples, and so results to ask for."""
    return any(row["course__indication"] == Indication.EXTRACTION for row in sessions)


def _sessions(patient: Patient) -> list[dict[str, Any]]:
    """Sessions with what went wrong, one row each; the reason of those entered in error comes from their history."""
    struck = (
        Session.history.model.objects.filter(id=OuterRef("pk"))
        .order_by("-history_id")
        .values("history_change_reason")[:1]
    )
    rows = (
        Session.objects.filter(patient=patient)
        .annotate(
            struck=Case(When(record_status=RecordStatus.IN_ERROR, then=Subquery(struck)), default=Value(""), output_field=TextField())
        )
        .order_by("id", "events__number")
        .values(
            "id", "uid", "number", "course_id", "course__indication", "status", "record_status", "outcome_reason", "outcome_note",
            "started_at", "late_record", "physician__full_name", "device__maker", "device__model", "struck",
            "events__term", "events__term_note", "events__severity", "events__serious",
        )
    )  # fmt: skip
    sessions: dict[int, dict[str, Any]] = {}
    for row in rows:
        session = sessions.setdefault(row["id"], row | {"events": []})
        if row["events__term"]:
            session["events"].append(row)
    return list(sessions.values())


def _courses(patient: Patient, sessions: Iterable[dict[str, Any]]) -> list[CourseLine]:
    performed = Counter(
        row["course_id"] for row in sessions if row["status"] in PERFORMED and row["record_status"] in SIGNED
    )
    drafts = Counter(row["course_id"] for row in sessions if row["record_status"] == RecordStatus.PRELIMINARY)
    rows = (
        Course.objects.filter(patient=patient)
        .order_by("-opened_date", "-id", "sites__id")
        .values(
            "id", "uid", "indication", "status", "opened_date", "ended_date", "end_reason", "planned_sessions", "consultation_id",
            "physician__full_name", "sites__site",
        )
    )  # fmt: skip
    found: dict[int, dict[str, Any]] = {}
    for row in rows:
        course = found.setdefault(row["id"], row | {"sites": []})
        if row["sites__site"]:
            course["sites"].append(str(Site(row["sites__site"]).label))
    return [
        CourseLine(
            uid=row["uid"],
            indication=str(Indication(row["indication"]).label),
            sites=tuple(row["sites"]),
            status=str(CourseStatus(row["status"]).label),
            is_open=row["status"] in (CourseStatus.ACTIVE, CourseStatus.ON_HOLD),
            opened_date=row["opened_date"],
            ended_date=row["ended_date"],
            end_reason=str(EndReason(row["end_reason"]).label) if row["end_reason"] else "",
            physician=row["physician__full_name"],
            planned=row["planned_sessions"],
            performed=performed[row["id"]],
            drafts=drafts[row["id"]],
            has_consultation=row["consultation_id"] is not None,
        )
        for row in found.values()
    ]


def answer_lines(answers: Sequence[Given], today: date) -> list[AnswerLine]:
    """Every question with its standing answer and its age on `today`, absolute items first."""
    standing = runs(answers)
    lines = []
    for item in sorted(ITEMS, key=lambda item: not item.absolute):
        run = standing.get(item.code)
        latest = run.latest if run else None
        lines.append(
            AnswerLine(
                short=item.short,
                absolute=item.absolute,
                reply=latest.reply if latest else "",
                label=Reply(latest.reply).label if latest else "",
                detail=latest.detail if latest else "",
                on=latest.on if latest else None,
                since=run.since if run else None,
                days=(today - latest.on).days if latest else None,
            )
        )
    return lines
