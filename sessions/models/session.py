"""Treatment sessions: what was set and what was seen. Not a row of figures: applications, each with its phases."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.audit.history import History, RecordedQuerySet
from clinic.lib.fields import Code, Count, Line, Prose
from sessions.measures import words
from sessions.measures.quantities import CONCENTRATION_UNITS, quantity
from sessions.measures.sites import POLE_SITES, Side, Site
from sessions.models.base import Clinical, address, as_typed, both_or_none, not_negative, one_of, retyped
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
            "applications__phases", "observations", "events", "samples__results", "screening__answers__decisions"
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


class Application(Clinical):
    """One place that was treated or sampled in a session: its electrodes and its medium."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="applications", verbose_name=_("session"))
    number = Count(_("application"))
    site = Code(_("site"), choices=Site.choices)
    site_note = Line(_("about the site"), max_length=100, blank=True)
    side = Code(_("side"), choices=Side.choices)
    arrangement = Code(_("arrangement"), choices=words.Arrangement.choices, blank=True)
    return_place = Line(_("where the return electrode lay"), max_length=100, blank=True)
    electrode_type = Code(_("electrode type"), choices=words.ElectrodeType.choices, blank=True)
    electrode_material = Code(_("electrode material"), choices=words.ElectrodeMaterial.choices, blank=True)
    electrode_area_cm2 = quantity("electrode_area_cm2", _("contact area"))
    electrode_area_kind = Code(_("which area"), choices=words.AreaKind.choices, blank=True)
    medium = Code(_("medium"), choices=words.Medium.choices, blank=True)
    medium_additive = Line(_("additive"), max_length=100, blank=True)
    water_level = Line(_("water level or tray"), max_length=100, blank=True)
    water_temperature_cel = quantity("water_temperature_cel", _("water temperature"))
    product = Line(_("product name"), max_length=100, blank=True)
    substance = Line(_("substance"), max_length=100, blank=True)
    concentration = quantity("concentration", _("concentration"))
    concentration_unit = Code(_("unit of the concentration"), choices=CONCENTRATION_UNITS, blank=True)
    substance_volume_ml = quantity("substance_volume_ml", _("volume"))
    substance_batch = Line(_("batch"), max_length=60, blank=True)
    substance_expiry_date = models.DateField(_("expiry date"), null=True, blank=True)
    as_typed = as_typed()

    history = History()

    class Meta(Clinical.Meta):
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        ordering = ["number", "id"]
        constraints = [
            models.UniqueConstraint(fields=["session", "number"], name="application_number_once"),
            one_of("site", Site.values, name="application_site_word", also_empty=False),
            one_of("side", Side.values, name="application_side_word", also_empty=False),
            both_or_none(
                "concentration",
                "concentration_unit",
                name="application_concentration_has_unit",
                message=_("A concentration and its unit stand together."),
            ),
            not_negative(
                "electrode_area_cm2",
                "water_temperature_cel",
                "concentration",
                "substance_volume_ml",
                name="application_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_site_display()}, {self.get_side_display()}"


class Phase(Clinical):
    """One stretch with current: where the poles lay, and the settings that the physician documented.

    None of these settings has a default, an initial value or a computed one, anywhere (domain A.2.1).
    """

    application = models.ForeignKey(Application, models.PROTECT, related_name="phases", verbose_name=_("application"))
    number = Count(_("phase"))
    anode_site = Code(_("anode (+)"), choices=POLE_SITES, blank=True)
    anode_side = Code(_("side of the anode"), choices=Side.choices, blank=True)
    cathode_site = Code(_("cathode (−)"), choices=POLE_SITES, blank=True)
    cathode_side = Code(_("side of the cathode"), choices=Side.choices, blank=True)
    reversal = Code(_("polarity reversal"), choices=words.Reversal.choices, blank=True)
    current_type = Code(_("current type"), choices=words.CurrentType.choices, blank=True)
    current_ma = quantity("current_ma", _("current"))
    current_kind = Code(_("the figure is"), choices=words.CurrentKind.choices, blank=True)
    current_reading = Code(_("reading"), choices=words.CurrentReading.choices, blank=True)
    voltage_v = quantity("voltage_v", _("voltage"))
    frequency_hz = quantity("frequency_hz", _("frequency"))
    duty_cycle_pct = quantity("duty_cycle_pct", _("duty cycle"))
    pulse_width_ms = quantity("pulse_width_ms", _("pulse width"))
    duration_min = quantity("duration_min", _("time with current"))
    current_density_ma_cm2 = quantity("current_density_ma_cm2", _("current density, as read off the device"))
    charge_ma_min = quantity("charge_ma_min", _("charge, as read off the device"))
    as_typed = as_typed()
    retyped = retyped()

    history = History()

    class Meta(Clinical.Meta):
        verbose_name = _("phase")
        verbose_name_plural = _("phases")
        ordering = ["number", "id"]
        constraints = [
            models.UniqueConstraint(fields=["application", "number"], name="phase_number_once"),
            both_or_none(
                "current_ma",
                "current_kind",
                name="phase_current_has_kind",
                message=_("A current and what the figure is (set, plateau, maximum) stand together."),
            ),
            models.CheckConstraint(
                condition=Q(frequency_hz__isnull=True) | ~Q(current_type=words.CurrentType.DC),
                name="phase_direct_current_has_no_frequency",
                violation_error_code="frequency_hz",
                violation_error_message=_("A direct current has no frequency. Please check the current type."),
            ),
            models.CheckConstraint(
                condition=Q(duration_min__isnull=True) | Q(duration_min__gt=0),
                name="phase_lasts",
                violation_error_code="duration_min",
                violation_error_message=_("Write a figure above zero."),
            ),
            models.CheckConstraint(
                condition=Q(duty_cycle_pct__isnull=True) | Q(duty_cycle_pct__lte=100),
                name="phase_duty_is_a_share",
                violation_error_code="duty_cycle_pct",
                violation_error_message=_("A percentage is one hundred at most."),
            ),
            not_negative(
                "current_ma",
                "voltage_v",
                "frequency_hz",
                "duty_cycle_pct",
                "pulse_width_ms",
                "current_density_ma_cm2",
                "charge_ma_min",
                name="phase_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}"
