"""Log a session as a draft, come back to it, amend it once signed, mark it entered in error."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.accounts.models import User
from clinic.accounts.roles import Permission
from clinic.accounts.rules import why_not_may
from clinic.audit.act import Writing, act
from clinic.lib.problems import Problem, Refused, Unchanged, refuse
from clinic.lib.rows import put
from sessions.actions.figures import counts_for, note_session, note_signed
from sessions.actions.known import absolute_answers_of, locked_course
from sessions.actions.session_rows import Entry, write_rows, write_screening
from sessions.actions.whole import locked
from sessions.measures.answers import Reply
from sessions.measures.words import CourseStatus, RecordStatus
from sessions.models import Course, Session
from sessions.rules.screening import Given, why_not_forbidden
from sessions.rules.session import why_not_then, why_not_these_words

REPLIES = frozenset(Reply.values)


def log_session(
    *, by: User, course: Course, entry: Entry, reason: str = "", key: UUID | None = None, at: datetime | None = None
) -> Session:
    """A new session of `course` as a draft. Nothing is written where a rule says no (`Refused`)."""
    refuse(why_not_may(by, Permission.WRITE_RECORDS))
    now = at or timezone.now()
    with act("log_session", by=by, reason=reason, key=key, at=at) as writing:
        status, last, ever_yes = locked_course(course)
        if status == CourseStatus.IN_ERROR:
            raise Refused([Problem("", _("This course was entered in error. Open another one."))])
        values = dict(entry.values)
        values["number"] = values.get("number") or last + 1
        session = Session(course=course, patient=course.patient, record_status=RecordStatus.PRELIMINARY, **values)
        _check(session, entry, now, ever_yes=ever_yes)
        writing.create(session)
        _write_all(writing, session, entry, now, new=True)
        note_session(session)
        writing.about(f"session:{session.uid}", session.patient_id)
    return session


def save_draft(
    *, by: User, session: Session, entry: Entry, version: int, reason: str = "", key: UUID | None = None
) -> Session:
    """Write a draft on; `version` is the one that the form showed."""
    refuse(why_not_may(by, Permission.WRITE_RECORDS))
    with act("save_draft", by=by, reason=reason, key=key) as writing:
        stored = locked(session, version)
        if not stored.is_draft:
            raise Refused([Problem("", _("This record is signed: it is amended, not edited."), "signed")])
        rewrite(writing, stored, entry, timezone.now())
        note_session(stored)
        writing.about(f"session:{stored.uid}", stored.patient_id)
    return stored


def mark_in_error(*, by: User, session: Session, reason: str, version: int, key: UUID | None = None) -> Session:
    """Strike the record through: it stays readable, with the reason, and counts nowhere."""
    refuse(why_not_may(by, Permission.SIGN_RECORDS))
    if not reason.strip():
        raise Refused([Problem("reason", _("Write why this record is wrong."))])
    with act("mark_in_error", by=by, reason=reason, key=key) as writing:
        stored = locked(session, version)
        if stored.is_in_error:
            raise Refused([Problem("", _("This record is already marked as entered in error."))])
        before = counts_for(stored)
        stored.record_status = RecordStatus.IN_ERROR
        stored.version += 1
        writing.change(stored, "record_status", "version")
        note_signed(stored, before)
        writing.about(f"session:{stored.uid}", stored.patient_id)
    return stored


def rewrite(writing: Writing, session: Session, entry: Entry, now: datetime, *standing: str) -> None:
    """Bring a stored session and its rows in line with `entry`; `Unchanged` where they are already.

    `standing`: the fields of the session that the act itself has set.
    """
    values = dict(entry.values)
    values["number"] = values.get("number") or session.number
    changed = put(session, values)
    _check(session, entry, now)
    session.version += 1
    writing.change(session, *changed, "month", "version", *standing)
    _write_all(writing, session, entry, now)
    if not changed and writing.rows == 1:  # the session alone, for its new version
        raise Unchanged


def _write_all(writing: Writing, session: Session, entry: Entry, now: datetime, *, new: bool = False) -> None:
    write_rows(writing, session, entry, now, new=new)
    if entry.replies or entry.changed:
        write_screening(writing, session, entry, new=new)


def _check(session: Session, entry: Entry, now: datetime, *, ever_yes: bool = True) -> None:
    patient = session.patient
    day = timezone.localdate(session.started_at) if session.started_at else None
    problems = why_not_then(
        session, now=now, day=day, birth_date=patient.birth_date, longest_hours=settings.LONGEST_SESSION_HOURS
    )
    problems += why_not_these_words(session)
    if session.was_performed and not session.late_record:
        known = absolute_answers_of(patient, session) if ever_yes else []
        problems += why_not_forbidden([*known, *_typed_answers(entry, day or timezone.localdate(now))], day)
    refuse(problems)
    session.month = day.replace(day=1) if day else None


def _typed_answers(entry: Entry, day: Any) -> list[Given]:
    return [Given(item, reply, day, own=True) for item, (reply, _detail) in entry.replies.items() if reply in REPLIES]
