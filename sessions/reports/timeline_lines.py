"""The lines of the timeline with three clocks, from each table that belongs to a patient: a constant number of queries."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from clinic.audit.models import Act
from sessions.measures.sites import Indication
from sessions.measures.words import EventTerm, Meaning, RecordStatus, Severity, Status
from sessions.models import Addendum, AdverseEvent, Consultation, Course, Patient, Result, Session, Signature
from sessions.reports.clocks import Entered, Signed, days_between, distance_words, entered_by_act
from sessions.reports.timeline import Line, Note

DRAFT_ACTS = ("save_draft",)
STRUCK_ACTS = ("mark_in_error",)


def lines_of(patient: Patient) -> list[Line]:
    """Everything that was done for `patient`, in no order."""
    sessions = _sessions(patient)
    signatures = _signatures(patient)
    return [
        *_session_lines(patient, sessions, signatures),
        *_event_lines(patient, signatures),
        *_addendum_lines(patient, signatures),
        *_result_lines(patient),
        *_consultation_lines(patient),
        *_course_lines(patient),
    ]


def _sessions(patient: Patient) -> list[dict[str, Any]]:
    columns = (
        "id",
        "uid",
        "number",
        "course__indication",
        "status",
        "record_status",
        "revision",
        "started_at",
        "late_record",
    )
    return list(Session.objects.filter(patient=patient).order_by("id").values(*columns))


def _signatures(patient: Patient) -> dict[int, list[dict[str, Any]]]:
    """By session, each with the reason of its act, in the order of signing."""
    acts = Signature.history.model.objects.filter(id=OuterRef("pk"), history_type="+").values("act__reason")[:1]
    rows = (
        Signature.objects.filter(session__patient=patient).annotate(reason=Subquery(acts)).order_by("signed_at", "id")
    )
    columns = (
        "session_id",
        "addendum_id",
        "signed_at",
        "signer_name",
        "meaning",
        "revision",
        "reason",
        "session__started_at",
    )
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows.values(*columns):
        found[row["session_id"]].append(row)
    return found


def _signed(row: dict[str, Any], performed: Any) -> Signed:
    return Signed(
        at=row["signed_at"],
        by=row["signer_name"],
        meaning=str(Meaning(row["meaning"]).label),
        revision=row["revision"],
        reason=row["reason"] or "",
        after=distance_words(performed, row["signed_at"]),
    )


def _session_lines(
    patient: Patient, sessions: Iterable[dict[str, Any]], signatures: dict[int, list[dict[str, Any]]]
) -> Iterable[Line]:
    entered = entered_by_act(Session, patient=patient)
    acts = _acts(patient)
    for row in sessions:
        started, written = row["started_at"], entered.get(row["id"])
        of_session = acts[f"session:{row['uid']}"]
        later = _written_later(row, written, of_session)
        yield Line(
            kind="session",
            pk=row["id"],
            what=_session_name(row["number"], row["course__indication"]),
            route="logbook:session",
            uid=row["uid"],
            performed=started,
            entered=written,
            detail=str(Status(row["status"]).label) if row["status"] else "",
            signatures=tuple(_signed(each, started) for each in signatures[row["id"]] if each["addendum_id"] is None),
            is_signed_kind=True,
            notes=tuple(_session_notes(row, later, of_session)),
            struck=row["record_status"] == RecordStatus.IN_ERROR,
            written_later=later is not None,
        )


def _written_later(row: dict[str, Any], written: Entered | None, acts: list[Act]) -> Act | None:
    """The last act that wrote the draft, where that was on a later day than it was performed and first entered."""
    last = next((act for act in reversed(acts) if act.kind in DRAFT_ACTS), None)
    if last is None or written is None:
        return None
    first = max(days_between(row["started_at"], written.at), 0)
    return last if days_between(row["started_at"], last.at) > first else None


def _session_notes(row: dict[str, Any], later: Act | None, acts: list[Act]) -> Iterable[Note]:
    if row["late_record"]:
        yield Note(_("late record"), "warn")
    if row["record_status"] == RecordStatus.PRELIMINARY:
        yield Note(str(RecordStatus.PRELIMINARY.label), "draft")
    if later:
        said = {"at": _when(later.at), "after": distance_words(row["started_at"], later.at), "by": later.by_name}
        yield Note(_("draft last written %(at)s by %(by)s, %(after)s") % said, "warn")
    if row["record_status"] == RecordStatus.AMENDED:
        yield Note(str(RecordStatus.AMENDED.label), "signed", _("revision %(number)s") % {"number": row["revision"]})
    struck = next((act for act in reversed(acts) if act.kind in STRUCK_ACTS), None)
    if row["record_status"] == RecordStatus.IN_ERROR:
        yield _in_error(struck.at, struck.by_name, struck.reason) if struck else Note(_("entered in error"), "error")


def _acts(patient: Patient) -> dict[str, list[Act]]:
    """What was done to the sessions after their first writing, by subject, oldest first."""
    found: dict[str, list[Act]] = defaultdict(list)
    kinds = (*DRAFT_ACTS, *STRUCK_ACTS)
    for act in Act.objects.filter(patient_id=patient.pk, kind__in=kinds).order_by("pk"):
        found[act.subject].append(act)
    return found


def _event_lines(patient: Patient, signatures: dict[int, list[dict[str, Any]]]) -> Iterable[Line]:
    entered = entered_by_act(AdverseEvent, session__patient=patient)
    columns = (
        "id", "number", "term", "term_note", "severity", "serious", "session_id", "session__uid", "session__number",
        "session__course__indication", "session__started_at", "session__record_status",
    )  # fmt: skip
    for row in AdverseEvent.objects.filter(session__patient=patient).order_by("id").values(*columns):
        written, started = entered.get(row["id"]), row["session__started_at"]
        term = row["term_note"] if row["term"] == EventTerm.OTHER else str(EventTerm(row["term"]).label)
        covering = [
            each
            for each in signatures[row["session_id"]]
            if each["addendum_id"] is None and written and each["signed_at"] >= written.at
        ]
        yield Line(
            kind="event",
            pk=row["id"],
            what=_("Adverse event: %(term)s, %(severity)s")
            % {"term": term, "severity": Severity(row["severity"]).label},
            route="logbook:session",
            uid=row["session__uid"],
            performed=started,
            entered=written,
            detail=_session_name(row["session__number"], row["session__course__indication"]),
            signatures=tuple(_signed(each, started) for each in covering[:1]),
            is_signed_kind=True,
            notes=(Note(_("serious"), "error"),) if row["serious"] == "yes" else (),
            struck=row["session__record_status"] == RecordStatus.IN_ERROR,
        )


def _addendum_lines(patient: Patient, signatures: dict[int, list[dict[str, Any]]]) -> Iterable[Line]:
    entered = entered_by_act(Addendum, session__patient=patient)
    columns = ("id", "session_id", "session__uid", "session__number", "session__course__indication")
    for row in Addendum.objects.filter(session__patient=patient).order_by("id").values(*columns):
        written = entered.get(row["id"])
        signed = [each for each in signatures[row["session_id"]] if each["addendum_id"] == row["id"]]
        yield Line(
            kind="addendum",
            pk=row["id"],
            what=_("Addendum"),
            route="logbook:session",
            uid=row["session__uid"],
            performed=None,
            entered=written,
            detail=_session_name(row["session__number"], row["session__course__indication"]),
            signatures=tuple(_signed(each, None) for each in signed),
            is_signed_kind=True,
        )


def _result_lines(patient: Patient) -> Iterable[Line]:
    entered = entered_by_act(Result, sample__session__patient=patient)
    struck = _struck_results(patient)
    columns = (
        "id", "sample__sample_id", "sample__session__uid", "sample__session__number", "sample__session__course__indication",
        "received_at", "reported_at", "in_error", "error_reason",
    )  # fmt: skip
    for row in Result.objects.filter(sample__session__patient=patient).order_by("id").values(*columns):
        notes = []
        if row["in_error"]:
            act = struck.get(row["id"])
            notes.append(
                _in_error(act.at, act.by, row["error_reason"])
                if act
                else Note(_("entered in error"), "error", row["error_reason"])
            )
        yield Line(
            kind="result",
            pk=row["id"],
            what=_("Laboratory result, sample %(sample)s") % {"sample": row["sample__sample_id"]},
            route="logbook:session",
            uid=row["sample__session__uid"],
            performed=row["reported_at"] or row["received_at"],
            entered=entered.get(row["id"]),
            detail=_session_name(row["sample__session__number"], row["sample__session__course__indication"]),
            notes=tuple(notes),
            struck=row["in_error"],
        )


def _struck_results(patient: Patient) -> dict[int, Entered]:
    history = Result.history.model.objects.filter(
        id__in=Result.objects.filter(sample__session__patient=patient).values("pk")
    )
    rows = history.filter(in_error=True).order_by("-history_id").values_list("id", "act__at", "act__by_name")
    return {pk: Entered(at, by) for pk, at, by in rows}


def _consultation_lines(patient: Patient) -> Iterable[Line]:
    entered = entered_by_act(Consultation, patient=patient)
    rows = (
        Consultation.objects.filter(patient=patient)
        .order_by("id")
        .values("id", "uid", "held_date", "physician__full_name")
    )
    for row in rows:
        yield Line(
            kind="consultation",
            pk=row["id"],
            what=_("Consultation"),
            route="logbook:consultation",
            uid=row["uid"],
            performed=row["held_date"],
            entered=entered.get(row["id"]),
            detail=row["physician__full_name"],
        )


def _course_lines(patient: Patient) -> Iterable[Line]:
    entered = entered_by_act(Course, patient=patient)
    ended = _ended_courses(patient)
    rows = (
        Course.objects.filter(patient=patient)
        .order_by("id")
        .values("id", "uid", "indication", "opened_date", "ended_date")
    )
    for row in rows:
        shared = {
            "pk": row["id"],
            "route": "logbook:course",
            "uid": row["uid"],
            "detail": str(Indication(row["indication"]).label),
        }
        yield Line(
            kind="course",
            what=_("Course opened"),
            performed=row["opened_date"],
            entered=entered.get(row["id"]),
            **shared,
        )
        if row["ended_date"]:
            yield Line(
                kind="end",
                what=_("Course ended"),
                performed=row["ended_date"],
                entered=ended.get((row["id"], row["ended_date"])),
                **shared,
            )


def _ended_courses(patient: Patient) -> dict[Any, Entered]:
    """The act that first wrote this end of this course."""
    history = Course.history.model.objects.filter(id__in=Course.objects.filter(patient=patient).values("pk"))
    rows = history.filter(ended_date__isnull=False).order_by("-history_id")
    return {
        (pk, day): Entered(at, by)
        for pk, day, at, by in rows.values_list("id", "ended_date", "act__at", "act__by_name")
    }


def _in_error(at: Any, by: str, reason: str) -> Note:
    return Note(_("entered in error, marked %(at)s by %(by)s") % {"at": _when(at), "by": by}, "error", reason)


def _session_name(number: int, indication: str) -> str:
    return _("Session %(number)s, %(indication)s") % {"number": number, "indication": Indication(indication).label}


def _when(moment: Any) -> str:
    return date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")
