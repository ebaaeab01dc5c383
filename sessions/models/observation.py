"""What was observed and scored, and for diagnostic sessions the samples and what the laboratory said."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.audit.history import History
from clinic.lib.fields import Code, Count, Line, Prose
from sessions.measures import words
from sessions.measures.outcomes import BY_CODE, MEASURES, Measure, unit_shown
from sessions.measures.quantities import BLOOD_UNITS, RESULT_UNITS, quantity
from sessions.measures.sites import Side, Site
from sessions.models.base import Clinical, address, as_typed, both_or_none, not_negative, one_of, retyped
from sessions.models.session import Session

Q = models.Q
UNITS = sorted(dict(unit for measure in MEASURES for unit in measure.units).items(), key=lambda unit: unit[0])


class Observation(Clinical):
    """One value of one measure, at one site and side (or of the whole person), with unit and scale version."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="observations", verbose_name=_("session"))
    number = Count(_("observation"))
    measure = Code(_("measure"), choices=[(measure.code, measure.name) for measure in MEASURES])
    scale_version = Line(_("version of the scale"), max_length=20)
    scale_name = Line(_("name of the scale"), max_length=100, blank=True)
    scale_maximum = quantity("scale_maximum", _("highest grade"))
    site = Code(_("site"), choices=Site.choices, blank=True)
    side = Code(_("side"), choices=Side.choices, blank=True)
    value = quantity("value", _("value"))
    unit = Code(_("unit"), choices=UNITS)
    collection_minutes = quantity("collection_minutes", _("collection time"))
    moment = Code(_("when"), choices=words.Moment.choices)
    rater = Code(_("rated by"), choices=words.Rater.choices, blank=True)
    method = Line(_("method or landmark"), blank=True)
    as_typed = as_typed()
    retyped = retyped()

    history = History()

    class Meta(Clinical.Meta):
        verbose_name = _("observation")
        verbose_name_plural = _("observations")
        ordering = ["number", "id"]
        constraints = [
            models.UniqueConstraint(fields=["session", "number"], name="observation_number_once"),
            models.CheckConstraint(
                condition=Q(value__isnull=False),
                name="observation_has_value",
                violation_error_code="value",
                violation_error_message=_("Write the value."),
            ),
            one_of("measure", BY_CODE, name="observation_measure_word", also_empty=False),
            one_of("moment", words.Moment.values, name="observation_moment_word", also_empty=False),
            models.CheckConstraint(
                condition=~Q(measure="GRAV", unit="mg") | Q(collection_minutes__isnull=False),
                name="observation_mass_has_time",
                violation_error_code="collection_minutes",
                violation_error_message=_("A mass of sweat needs its collection time."),
            ),
            not_negative("value", "scale_maximum", "collection_minutes", name="observation_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.get_measure_display()} {self.value} {unit_shown(self.unit)}"

    @property
    def definition(self) -> Measure:
        return BY_CODE[self.measure]

    @property
    def shown_unit(self) -> str:
        return unit_shown(self.unit)


class Sample(Clinical):
    """One sample from one collection site. "Insufficient" is a result, not a gap."""

    uid = address()
    session = models.ForeignKey(Session, models.PROTECT, related_name="samples", verbose_name=_("session"))
    number = Count(_("sample"))
    sample_id = Line(_("sample number, as on the label"), max_length=60)
    site = Code(_("collection site"), choices=Site.choices)
    side = Code(_("side"), choices=Side.choices)
    collector = Code(_("collector"), choices=words.Collector.choices, blank=True)
    collected_from = models.DateTimeField(_("collection began"), null=True, blank=True)
    collected_until = models.DateTimeField(_("collection ended"), null=True, blank=True)
    mass_mg = quantity("mass_mg", _("mass"))
    volume_ul = quantity("volume_ul", _("volume"))
    sufficiency = Code(_("quantity"), choices=words.Sufficiency.choices, blank=True)
    pooled = Code(_("pooled with another sample"), choices=words.YesNo.choices, blank=True)
    calibration = Code(_("calibration"), choices=words.Calibration.choices, blank=True)
    calibration_note = Line(_("about the calibration"), blank=True)
    blood_value = quantity("blood_value", _("paired blood value"))
    blood_unit = Code(_("unit of the blood value"), choices=BLOOD_UNITS, blank=True)
    blood_taken_at = models.DateTimeField(_("blood taken"), null=True, blank=True)
    laboratory = Line(_("laboratory"), max_length=100, blank=True)
    sent_at = models.DateTimeField(_("sent to the laboratory"), null=True, blank=True)
    as_typed = as_typed()

    history = History()

    class Meta(Clinical.Meta):
        verbose_name = _("sample")
        verbose_name_plural = _("samples")
        ordering = ["number", "id"]
        constraints = [
            models.UniqueConstraint(fields=["session", "number"], name="sample_number_once"),
            models.UniqueConstraint(
                fields=["sample_id"],
                name="sample_label_once",
                violation_error_message=_("This sample number is on another sample."),
            ),
            one_of("site", Site.values, name="sample_site_word", also_empty=False),
            one_of("side", Side.values, name="sample_side_word", also_empty=False),
            one_of("sufficiency", words.Sufficiency.values, name="sample_sufficiency_word"),
            models.CheckConstraint(
                condition=Q(collected_from__isnull=True)
                | Q(collected_until__isnull=True)
                | Q(collected_until__gte=models.F("collected_from")),
                name="sample_collection_order",
                violation_error_code="collected_until",
                violation_error_message=_("The collection ends before it began."),
            ),
            both_or_none(
                "blood_value",
                "blood_unit",
                name="sample_blood_has_unit",
                message=_("A blood value and its unit stand together."),
            ),
            not_negative("mass_mg", "volume_ul", "blood_value", name="sample_not_negative"),
        ]

    def __str__(self) -> str:
        return self.sample_id


class Result(Clinical):
    """What the laboratory reported on a sample; it comes later and leaves the signed session as it is."""

    uid = address()
    sample = models.ForeignKey(Sample, models.PROTECT, related_name="results", verbose_name=_("sample"))
    sufficiency = Code(_("quantity, says the laboratory"), choices=words.Sufficiency.choices)
    received_at = models.DateTimeField(_("received by the laboratory"), null=True, blank=True)
    reported_at = models.DateTimeField(_("reported"), null=True, blank=True)
    method = Code(_("assay method"), choices=words.AssayMethod.choices, blank=True)
    comparator = Code(_("comparator"), max_length=2, choices=words.Comparator.choices, blank=True)
    result_value = quantity("result_value", _("result"))
    result_unit = Code(_("unit of the result"), choices=RESULT_UNITS, blank=True)
    sweat_rate = quantity("sweat_rate", _("sweat rate, as reported"))
    reference_text = Prose(_("reference range, as the laboratory printed it"), blank=True)
    interpretation = Prose(_("interpretation, as reported"), blank=True)
    in_error = models.BooleanField(_("entered in error"), default=False)
    error_reason = Line(_("reason for the correction"), blank=True)
    as_typed = as_typed()
    retyped = retyped()

    history = History()

    class Meta(Clinical.Meta):
        verbose_name = _("result")
        verbose_name_plural = _("results")
        ordering = ["id"]
        constraints = [
            one_of("sufficiency", words.Sufficiency.values, name="result_sufficiency_word", also_empty=False),
            models.CheckConstraint(
                condition=Q(result_value__isnull=True, result_unit="", comparator="")
                | (Q(result_value__isnull=False) & ~Q(result_unit="") & ~Q(comparator="")),
                name="result_is_whole",
                violation_error_code="result_value",
                violation_error_message=_("A result is a comparator, a figure and a unit."),
            ),
            models.CheckConstraint(
                condition=Q(result_value__isnull=True) | Q(sufficiency=words.Sufficiency.SUFFICIENT),
                name="result_needs_a_sufficient_sample",
                violation_error_code="result_value",
                violation_error_message=_("A sample that was not sufficient has no figure."),
            ),
            models.CheckConstraint(
                condition=Q(received_at__isnull=True)
                | Q(reported_at__isnull=True)
                | Q(reported_at__gte=models.F("received_at")),
                name="result_times_in_order",
                violation_error_code="reported_at",
                violation_error_message=_("The report is dated before the sample was received."),
            ),
            not_negative("result_value", "sweat_rate", name="result_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.comparator} {self.result_value} {self.result_unit}"
