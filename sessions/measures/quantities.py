"""What is typed with a unit: UCUM code, familiar form, digits. Digit counts catch slips and teach nothing (domain 1.6)."""

from dataclasses import dataclass

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Quantity:
    """`ucum` is stored with exports, `shown` stands beside the figure; `digits` in all, `places` after the separator."""

    ucum: str
    shown: str | Promise
    digits: int
    places: int
    above_zero: bool = False
    most: int | None = None


# Device settings (domain 1.1, 1.6; UCUM domain 7.2).
SETTINGS = {
    "current_ma": Quantity("mA", "mA", 4, 2),
    "voltage_v": Quantity("V", "V", 4, 1),
    "duration_min": Quantity("min", "min", 5, 1, above_zero=True),
    "frequency_hz": Quantity("Hz", "Hz", 8, 1),
    "duty_cycle_pct": Quantity("%", "%", 5, 2, most=100),
    "pulse_width_ms": Quantity("ms", "ms", 7, 3),
    "current_density_ma_cm2": Quantity("mA/cm2", "mA/cm²", 5, 3),
    "charge_ma_min": Quantity("mA.min", "mA·min", 6, 1),
}
# What else is measured around a session.
OTHERS = {
    "electrode_area_cm2": Quantity("cm2", "cm²", 6, 2, above_zero=True),
    "concentration": Quantity("", "", 9, 4),
    "substance_volume_ml": Quantity("mL", "mL", 7, 2, above_zero=True),
    "water_temperature_cel": Quantity("Cel", "°C", 3, 1),
    "collection_minutes": Quantity("min", "min", 5, 1, above_zero=True),
    "mass_mg": Quantity("mg", "mg", 7, 1),
    "volume_ul": Quantity("uL", "µL", 7, 1),
    "sweat_rate": Quantity("g/m2/min", "g/m²/min", 6, 2),
    "value": Quantity("", "", 10, 4),
    "scale_maximum": Quantity("", "", 6, 2, above_zero=True),
    "result_value": Quantity("", "", 10, 4),
    "blood_value": Quantity("", "", 7, 2),
}
QUANTITIES = SETTINGS | OTHERS

CONCENTRATION_UNITS = [("%", "%"), ("mg/mL", "mg/mL"), ("mmol/L", "mmol/L")]
RESULT_UNITS = [
    ("mmol/L", "mmol/L"),
    ("mg/dL", "mg/dL"),
    ("umol/L", "µmol/L"),
    ("mS/cm", "mS/cm"),
    ("nmol/cm2/h", "nmol/cm²/h"),
    ("1", _("ratio, no unit")),
]
BLOOD_UNITS = [("mmol/L", "mmol/L"), ("mg/dL", "mg/dL")]
FREQUENCY_UNITS = [("Hz", "Hz"), ("kHz", "kHz")]


class NotNegative(MinValueValidator):
    message = _("Write a figure without a minus sign.")


class AboveZero(MinValueValidator):
    message = _("Write a figure above zero.")

    def compare(self, a: object, b: object) -> bool:
        return a <= b  # type: ignore[operator]


class AtMost(MaxValueValidator):
    message = _("A percentage is one hundred at most.")


def quantity(name: str, label: str | Promise, **options: object) -> models.DecimalField:
    """The model field of a quantity: may be empty, never has a default; other engines' rounding is refused by its digits."""
    kind = QUANTITIES[name]
    checks: list[object] = [AboveZero(0) if kind.above_zero else NotNegative(0)]
    if kind.most is not None:
        checks.append(AtMost(kind.most))
    return models.DecimalField(
        label,  # type: ignore[arg-type]
        max_digits=kind.digits,
        decimal_places=kind.places,
        null=True,
        blank=True,
        validators=checks,  # type: ignore[arg-type]
        **options,  # type: ignore[arg-type]
    )
