"""What was set in a session: applications, each with its phases. No setting has a default or an initial value."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.audit.history import History
from clinic.lib.fields import Code, Count, Line
from sessions.measures import words
from sessions.measures.quantities import CONCENTRATION_UNITS, quantity
from sessions.measures.sites import POLE_SITES, Side, Site
from sessions.models.base import Clinical, as_typed, both_or_none, not_negative, one_of, retyped
from sessions.models.session import Session

Q = models.Q


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
