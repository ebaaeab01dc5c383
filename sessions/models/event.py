"""Adverse events. Severity, seriousness and CTCAE grade are three things (domain A.2.10)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.audit.history import History
from clinic.lib.fields import Code, Count, Line, Prose
from sessions.measures import words
from sessions.measures.sites import Side, Site
from sessions.models.base import Clinical, one_of
from sessions.models.session import Session

Q = models.Q


class AdverseEvent(Clinical):
    """Something unwanted that was seen or told."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="events", verbose_name=_("session"))
    number = Count(_("event"))
    term = Code(_("event"), choices=words.EventTerm.choices)
    term_note = Line(_("in words"), blank=True)
    site = Code(_("site"), choices=Site.choices, blank=True)
    side = Code(_("side"), choices=Side.choices, blank=True)
    under_electrode = Code(_("where exactly"), choices=words.UnderElectrode.choices, blank=True)
    onset = Code(_("began"), choices=words.Onset.choices, blank=True)
    onset_figure = Count(_("after how many minutes, hours or days"), null=True, blank=True)
    detected_by = Code(_("noticed by"), choices=words.DetectedBy.choices, blank=True)
    severity = Code(_("severity"), choices=words.Severity.choices)
    ctcae_grade = Count(_("CTCAE 5.0 grade"), choices=[(n, str(n)) for n in range(1, 6)], null=True, blank=True)
    serious = Code(_("serious"), choices=words.YesNo.choices)
    serious_criterion = Code(_("criterion of seriousness"), choices=words.SeriousCriterion.choices, blank=True)
    relatedness = Code(_("relation to the treatment"), choices=words.Relatedness.choices, blank=True)
    expected = Code(_("listed in the device leaflet"), choices=words.YesNo.choices, blank=True)
    action = Code(_("what was done"), choices=words.EventAction.choices, blank=True)
    outcome = Code(_("outcome"), choices=words.EventOutcome.choices, blank=True)
    outcome_date = models.DateField(_("date of the outcome"), null=True, blank=True)
    device_incident = Code(_("device incident"), choices=words.YesNo.choices, blank=True)
    incident_report = Prose(_("device incident: what happened, reported to whom, when, reference"), blank=True)

    history = History()

    class Meta(Clinical.Meta):
        verbose_name = _("adverse event")
        verbose_name_plural = _("adverse events")
        ordering = ["number", "id"]
        constraints = [
            models.UniqueConstraint(fields=["session", "number"], name="event_number_once"),
            one_of("severity", words.Severity.values, name="event_severity_word", also_empty=False),
            one_of("serious", words.YesNo.values, name="event_serious_word", also_empty=False),
            models.CheckConstraint(
                condition=(Q(serious="yes") & ~Q(serious_criterion="")) | Q(serious="no", serious_criterion=""),
                name="event_serious_has_criterion",
                violation_error_code="serious_criterion",
                violation_error_message=_("A serious event names its criterion; one that is not serious has none."),
            ),
            models.CheckConstraint(
                condition=~Q(term="other") | ~Q(term_note=""),
                name="event_other_in_words",
                violation_error_code="term_note",
                violation_error_message=_("Say in words what it was."),
            ),
            models.CheckConstraint(
                condition=Q(ctcae_grade__isnull=True) | Q(ctcae_grade__gte=1, ctcae_grade__lte=5),
                name="event_ctcae_grade",
                violation_error_code="ctcae_grade",
            ),
            models.CheckConstraint(
                condition=~Q(device_incident="yes") | ~Q(incident_report=""),
                name="event_incident_described",
                violation_error_code="incident_report",
                violation_error_message=_("Describe the device incident."),
            ),
        ]

    def __str__(self) -> str:
        return self.get_term_display()
