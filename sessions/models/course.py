"""Courses: what is treated, where, and how many sessions the physician planned."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.audit.history import History, RecordedQuerySet
from clinic.lib.fields import Code, Count, Line, Prose
from sessions.measures.sites import Indication, Site
from sessions.measures.words import CourseStatus, EndReason
from sessions.models.base import Clinical, address, one_of
from sessions.models.patient import Patient
from sessions.models.screening import Consultation

OPEN = (CourseStatus.ACTIVE, CourseStatus.ON_HOLD)


class CourseQuerySet(RecordedQuerySet):
    def open(self) -> CourseQuerySet:
        return self.filter(status__in=OPEN)


class Course(Clinical):
    """A series of sessions for one indication."""

    uid = address()
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="courses", verbose_name=_("patient"))
    indication = Code(_("indication"), choices=Indication.choices)
    consultation = models.ForeignKey(
        Consultation,
        models.PROTECT,
        related_name="courses",
        verbose_name=_("prior consultation"),
        null=True,
        blank=True,
    )
    physician = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("physician")
    )
    goal = Prose(_("goal, in the physician's words"), blank=True)
    planned_sessions = Count(_("planned number of sessions"), null=True, blank=True)
    opened_date = models.DateField(_("opened on"))
    previous = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="following", verbose_name=_("follows the course")
    )
    status = Code(_("status"), choices=CourseStatus.choices)
    ended_date = models.DateField(_("ended on"), null=True, blank=True)
    end_reason = Code(_("reason for the end"), choices=EndReason.choices, blank=True)
    end_note = Line(_("about the end"), blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    history = History()
    objects = CourseQuerySet.as_manager()

    class Meta(Clinical.Meta):
        verbose_name = _("course")
        verbose_name_plural = _("courses")
        ordering = ["-opened_date", "-id"]
        indexes = [
            models.Index(fields=["status", "physician", "indication", "previous"], name="course_alike"),
            models.Index(
                fields=["ended_date", "physician", "indication", "end_reason", "planned_sessions", "status"],
                condition=models.Q(ended_date__isnull=False),
                name="course_ended",
            ),
        ]
        constraints = [
            one_of("indication", Indication.values, name="course_indication_word", also_empty=False),
            one_of("status", CourseStatus.values, name="course_status_word", also_empty=False),
            one_of("end_reason", EndReason.values, name="course_end_word"),
            models.CheckConstraint(
                condition=models.Q(ended_date__isnull=True, end_reason="", status__in=[*OPEN, CourseStatus.IN_ERROR])
                | (
                    models.Q(
                        ended_date__isnull=False,
                        status__in=[CourseStatus.COMPLETED, CourseStatus.STOPPED, CourseStatus.IN_ERROR],
                    )
                    & ~models.Q(end_reason="")
                ),
                name="course_end_is_whole",
                violation_error_code="end_reason",
                violation_error_message=_(
                    "A course that has ended needs a date and a reason; an open one has neither."
                ),
            ),
            models.CheckConstraint(
                condition=models.Q(ended_date__isnull=True) | models.Q(ended_date__gte=models.F("opened_date")),
                name="course_end_after_start",
                violation_error_code="ended_date",
                violation_error_message=_("A course cannot end before it was opened."),
            ),
        ]

    def __str__(self) -> str:
        return self.get_indication_display()

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


class CourseSite(Clinical):
    """A site that the course treats."""

    course = models.ForeignKey(Course, models.PROTECT, related_name="sites", verbose_name=_("course"))
    site = Code(_("site"), choices=Site.choices)

    history = History()

    class Meta(Clinical.Meta):
        verbose_name = _("site of a course")
        verbose_name_plural = _("sites of a course")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["course", "site"], name="course_site_once"),
            one_of("site", Site.values, name="course_site_word", also_empty=False),
        ]

    def __str__(self) -> str:
        return self.get_site_display()
