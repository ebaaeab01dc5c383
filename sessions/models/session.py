"""Treatment sessions: when, by whom, with what outcome. What was set stands in their applications and phases."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.audit.history import History, RecordedQuerySet
from clinic.lib.fields import Code, Count, Line, Prose
from sessions.measures import words
from sessions.models.base import Clinical, address, one_of
from sessions.models.course import Course
from sessions.models.device import Device
from sessions.models.patient import Patient

Q = models.Q
DRAFT = words.RecordStatus.PRELIMINARY
IN_ERROR = words.RecordStatus.IN_ERROR


class SessionQuerySet(RecordedQuerySet):
    def drafts(self) -> SessionQuerySet:
        return self.filter(record_status=DRAFT)

    def signed(self) -> SessionQuerySet:
        return self.filter(record_status__in=words.SIGNED)

    def standing(self) -> SessionQuerySet:
        """All but those entered in error."""
        return self.exclude(record_status=IN_ERROR)

    def performed(self) -> SessionQuerySet:
        return self.filter(status__in=words.PERFORMED)

    def of_physician(self, user: object) -> SessionQuerySet:
        return self.filter(physician=user)

    def with_rows(self) -> SessionQuerySet:
        """With everything a record shows, in a constant number of queries."""
        return self.select_related(
            "course", "patient", "device", "operator", "physician", "screening"
        ).prefetch_related(
            "applications__phases",
            "observations",
            "events",
            "samples__results",
            "screening__answers__decisions__physician",
        )


class Session(Clinical):
    """One treatment session of one course."""

    uid = address()
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="sessions", verbose_name=_("patient"))
    course = models.ForeignKey(Course, models.PROTECT, related_name="sessions", verbose_name=_("course"))
    number = Count(_("session number"))
    # What happened, and how firm the record is: two statuses, never one.
    status = Code(_("what happened"), choices=words.Status.choices, blank=True)
    record_status = Code(_("record"), choices=words.RecordStatus.choices)
    revision = Count(_("revision"), default=1, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    outcome_reason = Code(_("reason (stopped or not done)"), choices=words.OutcomeReason.choices, blank=True)
    outcome_note = Line(_("about the reason"), blank=True)

    started_at = models.DateTimeField(_("start"), null=True, blank=True)
    ended_at = models.DateTimeField(_("end"), null=True, blank=True)
    # First day of the month of the start in the clinic's time zone; written by the acts, read by the reports.
    month = models.DateField(_("month"), null=True, blank=True, editable=False)
    device = models.ForeignKey(
        Device, models.PROTECT, null=True, blank=True, related_name="sessions", verbose_name=_("device")
    )
    device_program = Line(_("program, as printed on the device"), max_length=100, blank=True)
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("operator")
    )
    physician = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("responsible physician")
    )

    skin_before = Code(_("skin before"), choices=words.Skin.choices, blank=True)
    skin_before_note = Line(_("about the skin before"), blank=True)
    skin_after = Code(_("skin after"), choices=words.Skin.choices, blank=True)
    skin_after_note = Line(_("about the skin after"), blank=True)
    metal_removed = Code(_("jewellery"), choices=words.MetalRemoved.choices, blank=True)
    sensation = Code(_("sensation"), choices=words.Sensation.choices, blank=True)
    sensation_note = Line(_("about the sensation"), blank=True)
    pain_nrs = Count(_("worst pain, 0 to 10"), null=True, blank=True)
    events_answer = Code(_("adverse events"), choices=words.EventsAnswer.choices, blank=True)
    notes = Prose(_("notes"), blank=True)

    # Something that must not have been, and was: stored all the same (domain A.2.2).
    late_record = models.BooleanField(_("late record"), default=False)
    late_reason = Prose(_("why it is recorded late"), blank=True)
    incident_note = Prose(_("incident note"), blank=True)

    # Hyperhidrosis (domain 1.2)
    course_phase = Code(_("phase of the course"), choices=words.CoursePhase.choices, blank=True)
    dominant_hand = Code(_("dominant hand"), choices=words.Hand.choices, blank=True)
    dryness_before = Line(_("dryness before the session"), max_length=100, blank=True)
    # Cellulite and slimming (domain 1.3)
    combined_procedures = Code(_("other procedures the same day"), choices=words.YesNo.choices, blank=True)
    combined_procedures_note = Line(_("which procedures"), blank=True)
    position = Code(_("position for measuring"), choices=words.Position.choices, blank=True)
    # Diagnostic extraction (domain 1.4)
    extraction_mode = Code(_("mode"), choices=words.ExtractionMode.choices, blank=True)
    analyte = Line(_("analyte"), max_length=60, blank=True)
    clinical_question = Line(_("question asked"), blank=True)

    history = History()
    objects = SessionQuerySet.as_manager()

    class Meta(Clinical.Meta):
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering = ["-started_at", "-id"]
        indexes = [
            models.Index(fields=["patient", "started_at"], name="session_patient_start"),
            models.Index(fields=["month", "physician", "status", "record_status"], name="session_month"),
            models.Index(fields=["started_at", "id"], name="session_start"),
            models.Index(fields=["number", "id"], name="session_number"),
            models.Index(fields=["physician"], condition=Q(record_status=DRAFT), name="session_drafts"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["course", "number"],
                condition=~Q(record_status=IN_ERROR),
                name="session_number_once",
                violation_error_message=_("This course has a session with this number."),
            ),
            one_of("status", words.Status.values, name="session_status_word"),
            one_of("record_status", words.RecordStatus.values, name="session_record_status_word", also_empty=False),
            models.CheckConstraint(
                condition=Q(number__gte=1),
                name="session_number_from_one",
                violation_error_code="number",
                violation_error_message=_("Sessions are numbered from 1."),
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True)
                | Q(started_at__isnull=True)
                | Q(ended_at__gte=models.F("started_at")),
                name="session_ends_after_start",
                violation_error_code="ended_at",
                violation_error_message=_("The end lies before the start."),
            ),
            models.CheckConstraint(
                condition=Q(pain_nrs__isnull=True) | Q(pain_nrs__lte=10),
                name="session_pain_scale",
                violation_error_code="pain_nrs",
                violation_error_message=_("The scale goes from 0 to 10."),
            ),
            models.CheckConstraint(
                condition=Q(record_status__in=[DRAFT, IN_ERROR]) | (~Q(status="") & Q(started_at__isnull=False)),
                name="session_signed_says_what",
                violation_error_code="status",
                violation_error_message=_("A signed record says what happened and when."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=["", words.Status.COMPLETED])
                | Q(record_status__in=[DRAFT, IN_ERROR])
                | ~Q(outcome_reason=""),
                name="session_reason_where_needed",
                violation_error_code="outcome_reason",
                violation_error_message=_("A session that was stopped or not done needs its reason."),
            ),
            models.CheckConstraint(
                condition=Q(late_record=False, late_reason="", incident_note="")
                | Q(late_record=True, record_status__in=[DRAFT, IN_ERROR])
                | (Q(late_record=True) & ~Q(late_reason="") & ~Q(incident_note="")),
                name="session_late_record_is_whole",
                violation_error_code="late_reason",
                violation_error_message=_(
                    "A late record needs a reason and an incident note; any other record has neither."
                ),
            ),
            models.CheckConstraint(
                condition=Q(record_status__in=[DRAFT, IN_ERROR])
                | Q(status=words.Status.NOT_DONE)
                | (~Q(events_answer="") & ~Q(skin_before="") & ~Q(skin_after="")),
                name="session_signed_answers_events_and_skin",
                violation_error_code="events_answer",
                violation_error_message=_(
                    "Say whether there were adverse events, and how the skin was before and after."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}"

    @property
    def is_draft(self) -> bool:
        return self.record_status == DRAFT

    @property
    def is_signed(self) -> bool:
        return self.record_status in words.SIGNED

    @property
    def is_in_error(self) -> bool:
        return self.record_status == IN_ERROR

    @property
    def was_performed(self) -> bool:
        return self.status in words.PERFORMED
