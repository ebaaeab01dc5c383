"""Stored figures: what reports ask again and again, worked out once, when its source is written.

None of them is part of the record. An act writes them beside the rows that it changes, in its transaction
(`sessions/actions/figures.py`); `check_figures` works all of them out anew and compares (docs/adr/0013). They have no
history and no constraint that points elsewhere: a wrong figure must never keep anybody from writing a record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import PROTECT, Q
from django.utils.translation import gettext_lazy as _

from clinic.audit.history import OutsideAnAct, RecordedQuerySet
from clinic.lib.fields import Code
from sessions.models.course import Course
from sessions.models.device import Device
from sessions.models.patient import Patient
from sessions.models.session import DRAFT, Session

# Points to another table without a constraint and without an index of its own: the few indexes below do.
BESIDE: dict[str, Any] = {"on_delete": PROTECT, "related_name": "+", "db_constraint": False, "db_index": False}


class Figure(models.Model):
    """Derived from the record: written by the act that changes its source, and by a rebuild."""

    objects = RecordedQuerySet.as_manager()

    class Meta:
        abstract = True
        default_permissions = ()

    def save(self, *args: Any, **kwargs: Any) -> None:
        raise OutsideAnAct(f"{type(self).__name__} is written beside its source (sessions/actions/figures.py).")

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise OutsideAnAct(f"{type(self).__name__} is written beside its source (sessions/actions/figures.py).")


@dataclass(frozen=True)
class Counted:
    """What a part of one of these tables should hold, worked out anew: rows of `columns`, the first `keys` of which name one.

    `where` says which stored rows are that part; `counted_from` the tables of figures that `select` reads.
    """

    model: type[Figure]
    columns: tuple[str, ...]
    keys: int
    select: str
    values: tuple[Any, ...] = ()
    where: str = "TRUE"
    within: tuple[Any, ...] = ()
    counted_from: tuple[type[Figure], ...] = ()


class SessionFigures(Figure):
    """What picks and counts sessions, one row for each, drafts and those entered in error among them.

    `day` is that of the start in the clinic's time zone, `month` its first; `age` the completed years on it; `site` that
    of the first application, empty where there is none; `sites` each site once, by name, with a comma between; `absent`:
    not done because the patient did not come; `gaps` the sum of its `Gap`s once it is signed.
    """

    session = models.OneToOneField(Session, PROTECT, primary_key=True, related_name="figures", db_constraint=False)
    started_at = models.DateTimeField(null=True)
    day = models.DateField(null=True)
    month = models.DateField(null=True)
    patient = models.ForeignKey(Patient, **BESIDE)
    course = models.ForeignKey(Course, **BESIDE)
    physician = models.ForeignKey(settings.AUTH_USER_MODEL, **BESIDE)
    operator = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **BESIDE)
    device = models.ForeignKey(Device, null=True, **BESIDE)
    indication = Code()
    status = Code()
    record_status = Code()
    late_record = models.BooleanField()
    sex = Code()
    age = models.SmallIntegerField(null=True)
    events = models.IntegerField()
    serious = models.IntegerField()
    site = Code()
    sites = models.TextField()
    absent = models.BooleanField()
    gaps = models.SmallIntegerField()

    class Meta(Figure.Meta):
        verbose_name = _("figures of a session")
        verbose_name_plural = _("figures of sessions")
        indexes = [
            # Every filter is answered within this one index, whatever is asked of a period.
            models.Index(
                fields=[
                    "day", "session", "patient", "course", "physician", "operator", "device", "indication", "status",
                    "record_status", "late_record", "sex", "age", "events", "serious", "month", "sites", "gaps",
                ],
                name="session_figures_whole",
            ),
            models.Index(fields=["day", "session"], condition=Q(events__gt=0), name="session_figures_events"),
            models.Index(fields=["day", "session"], condition=Q(serious__gt=0), name="session_figures_serious"),
            # Each report counts drafts beside the tallies: few, however long the clinic has been there, and all within this.
            models.Index(
                fields=[
                    "day", "session", "month", "physician", "indication", "device", "status", "record_status",
                    "late_record", "sites",
                ],
                condition=Q(record_status=DRAFT), name="session_figures_unsigned",
            ),
            models.Index(
                fields=["day", "month", "physician", "indication", "record_status", "absent"], condition=Q(absent=True), name="session_figures_absent"
            ),
            # The list of sessions, sorted by each of these: within one value a page is one stretch (session_order.py). The
            # condition is always true, and only who says it may take these indexes: SQLite would count with them, twenty
            # times slower than within the one above.
            *(
                models.Index(fields=[name, "session"], condition=Q(session__gt=0), name=f"session_by_{name}")
                for name in ("indication", "status", "record_status", "physician", "device", "site")
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.session_id}"


class Tally(Figure):
    """How many signed sessions: each once where `site` is empty, and once for each site that it treated.

    `device` is its key, 0 for none. What was entered in error and what is a draft stands in no tally.
    """

    site = Code()
    month = models.DateField()
    physician = models.ForeignKey(settings.AUTH_USER_MODEL, **BESIDE)
    indication = Code()
    device = models.BigIntegerField()
    status = Code()
    late_record = models.BooleanField()
    number = models.IntegerField()

    class Meta(Figure.Meta):
        verbose_name = _("tally of sessions")
        verbose_name_plural = _("tallies of sessions")
        indexes = [
            models.Index(
                fields=["site", "month", "physician", "indication", "device", "status", "late_record", "number"],
                name="tally_month",
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["site", "month", "physician", "indication", "device", "status", "late_record"],
                name="tally_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}: {self.number}"


class PeriodTally(Figure):
    """What was performed in a calendar year, and in all time (year 0): how many sessions, patients and events.

    Signed sessions that were performed, each once, and so is each patient; `counted_by` and `which` say by what
    (`sessions/measures/counted.py`). The month is 0, but for severities, which stand by month as well.
    """

    year = models.SmallIntegerField()
    month = models.SmallIntegerField()
    counted_by = Code()
    which = Code()
    sessions = models.IntegerField()
    patients = models.IntegerField()
    events = models.IntegerField()
    mild = models.IntegerField()
    moderate = models.IntegerField()
    severe = models.IntegerField()

    class Meta(Figure.Meta):
        verbose_name = _("tally of a year")
        verbose_name_plural = _("tallies of years")
        constraints = [
            models.UniqueConstraint(fields=["year", "month", "counted_by", "which"], name="period_tally_once")
        ]

    def __str__(self) -> str:
        return f"{self.year} {self.counted_by} {self.which}: {self.sessions}"


class CourseFigures(Figure):
    """How a course went, of its signed sessions; a course without any has no row.

    `absent` are those of `not_done` to which the patient did not come. The days and the phase are of what was performed.
    `far_apart`: of these, a current, a voltage or a time with current is at least ten times another one.
    """

    course = models.OneToOneField(Course, PROTECT, primary_key=True, related_name="figures", db_constraint=False)
    performed = models.IntegerField()
    not_done = models.IntegerField()
    absent = models.IntegerField()
    first_day = models.DateField(null=True)
    last_day = models.DateField(null=True)
    last_phase = Code()
    indication = Code()
    far_apart = models.BooleanField()

    class Meta(Figure.Meta):
        verbose_name = _("figures of a course")
        verbose_name_plural = _("figures of courses")
        indexes = [
            models.Index(fields=["last_day", "first_day", "course", "indication"], name="course_figures_days"),
            models.Index(fields=["course"], condition=Q(far_apart=True), name="course_figures_far_apart"),
            # What is asked of the figures of many courses, within one index.
            models.Index(fields=["course", "performed", "last_phase", "last_day"], name="course_figures_whole"),
        ]

    def __str__(self) -> str:
        return f"{self.course_id}"


OF_A_RESPONSE = (
    "measure", "scale", "unit", "site", "side", "physician", "device", "first_value", "last_value", "course",
    "indication",
)  # fmt: skip


class Outcome(Figure):
    """The first and the last value of one measure within one course, at one site and side, from its signed sessions.

    `scale` holds its version, name, highest grade and collection time: only values of equal scales stand in one row.
    The last is empty where there is one value only. Order: start of the session, its key, before, during, after, number.
    `physician` and `device` are those of the session of the last value, or of the only one. `day` is that of the last
    session of the course that was performed, whoever had a value then; empty where none was.
    """

    course = models.ForeignKey(Course, **BESIDE)
    patient = models.ForeignKey(Patient, **BESIDE)
    indication = Code()
    measure = Code()
    scale = models.CharField(max_length=200)
    unit = Code()
    site = Code()
    side = Code()
    number = models.IntegerField()
    first_value = models.DecimalField(max_digits=10, decimal_places=4)
    first_day = models.DateField()
    first_session = models.ForeignKey(Session, **BESIDE)
    last_value = models.DecimalField(max_digits=10, decimal_places=4, null=True)
    last_day = models.DateField(null=True)
    last_session = models.ForeignKey(Session, null=True, **BESIDE)
    physician = models.ForeignKey(settings.AUTH_USER_MODEL, **BESIDE)
    device = models.ForeignKey(Device, null=True, **BESIDE)
    day = models.DateField(null=True)

    class Meta(Figure.Meta):
        verbose_name = _("outcome of a course")
        verbose_name_plural = _("outcomes of courses")
        indexes = [
            # A period reads its own days, all time one measure after the other: both within the index.
            models.Index(fields=["day", *OF_A_RESPONSE], name="outcome_day"),
            models.Index(fields=[*OF_A_RESPONSE, "day"], name="outcome_measure_first"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["course", "measure", "scale", "unit", "site", "side"], name="outcome_once")
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.first_value} {self.last_value}"
