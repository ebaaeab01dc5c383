"""Open, change and end a course."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Max, Min
from django.utils import timezone

from clinic.accounts.models import User
from clinic.accounts.roles import Permission
from clinic.accounts.rules import why_not_may
from clinic.audit.act import Writing, act
from clinic.lib.problems import Unchanged, refuse
from clinic.lib.rows import put
from sessions.actions.course_tallies import OfCourse, counted_of_course, move_course_tallies
from sessions.measures.words import CourseStatus
from sessions.models import Application, Course, CourseSite, Patient, Session
from sessions.models.session import IN_ERROR
from sessions.rules.course import (
    status_at_end,
    why_not_end,
    why_not_remove_sites,
    why_not_these_sites,
    why_not_this_consultation,
    why_not_this_course,
)
from sessions.rules.version import why_not_over


def open_course(
    *,
    by: User,
    patient: Patient,
    values: dict[str, Any],
    sites: Sequence[str],
    reason: str = "",
    key: UUID | None = None,
    at: datetime | None = None,
) -> Course:
    """A new course with its sites."""
    refuse(why_not_may(by, Permission.WRITE_RECORDS))
    course = Course(patient=patient, status=CourseStatus.ACTIVE, **values)
    today = timezone.localdate(at or timezone.now())
    refuse(
        why_not_this_course(course, birth_date=patient.birth_date, today=today)
        + why_not_these_sites(course.indication, sites)
    )
    with act("open_course", by=by, reason=reason, key=key, at=at) as writing:
        writing.create(course)
        writing.create(*[CourseSite(course=course, site=site) for site in dict.fromkeys(sites)])
        move_course_tallies(course.pk, OfCourse())
        writing.about(f"course:{course.uid}", patient.pk)
    return course


def change_course(
    *,
    by: User,
    course: Course,
    values: dict[str, Any],
    sites: Sequence[str],
    version: int,
    reason: str,
    key: UUID | None = None,
) -> Course:
    """Correct a course; its indication and patient stay. `version` is the one that the form showed."""
    refuse(why_not_may(by, Permission.WRITE_RECORDS))
    with act("change_course", by=by, reason=reason, key=key) as writing:
        stored = _locked(course, version)
        before = counted_of_course(stored.pk)
        changed = put(stored, values)
        refuse(
            why_not_this_course(stored, birth_date=stored.patient.birth_date, today=timezone.localdate())
            + why_not_this_consultation(stored, _first_performed(stored))
            + why_not_these_sites(stored.indication, sites)
        )
        _change_sites(writing, stored, sites)
        if not (changed or writing.rows):
            raise Unchanged
        stored.version += 1
        writing.change(stored)
        move_course_tallies(stored.pk, before)
        writing.about(f"course:{stored.uid}", stored.patient_id)
    return stored


def end_course(
    *,
    by: User,
    course: Course,
    ended_date: date,
    end_reason: str,
    version: int,
    end_note: str = "",
    reason: str = "",
    key: UUID | None = None,
    at: datetime | None = None,
) -> Course:
    """End an open course, with its date and reason."""
    refuse(why_not_may(by, Permission.WRITE_RECORDS))
    with act("end_course", by=by, reason=reason, key=key, at=at) as writing:
        stored = _locked(course, version)
        before = counted_of_course(stored.pk)
        last = Session.objects.filter(course=stored).standing().aggregate(at=Max("started_at"))["at"]
        last_session = timezone.localdate(last) if last else None
        today = timezone.localdate(at)
        refuse(why_not_end(stored, ended_date=ended_date, today=today, last_session=last_session))
        stored.ended_date, stored.end_reason, stored.end_note = ended_date, end_reason, end_note
        stored.status = status_at_end(end_reason)
        stored.version += 1
        writing.change(stored)
        move_course_tallies(stored.pk, before)
        writing.about(f"course:{stored.uid}", stored.patient_id)
    return stored


def _locked(course: Course, version: int) -> Course:
    rows = Course.objects.select_for_update(of=("self",), no_key=True).select_related(
        "patient", "physician", "consultation", "previous"
    )
    stored = rows.get(pk=course.pk)
    refuse(why_not_over(stored.version, version))
    return stored


def _first_performed(course: Course) -> date | None:
    """The day of the first session signed as performed; late records stand without a consultation (docs/adr/0004)."""
    found = Session.objects.filter(course=course, late_record=False).signed().performed()
    first = found.aggregate(at=Min("started_at"))["at"]
    return timezone.localdate(first) if first else None


def _change_sites(writing: Writing, course: Course, sites: Sequence[str]) -> None:
    known = {row.site: row for row in CourseSite.objects.filter(course=course)}
    gone = [row for site, row in known.items() if site not in sites]
    if gone:
        treated = Application.objects.filter(session__course=course).exclude(session__record_status=IN_ERROR)
        refuse(why_not_remove_sites([row.site for row in gone], set(treated.values_list("site", flat=True))))
    writing.remove(*gone)
    writing.create(*[CourseSite(course=course, site=site) for site in dict.fromkeys(sites) if site not in known])
