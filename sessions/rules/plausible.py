"""Figures that are storable but unlikely: asked to be typed again, never refused, and no range is named (domain 1.6)."""

from collections.abc import Mapping
from decimal import Decimal

from django.utils.translation import gettext as _

from clinic.lib.problems import Problem
from sessions.models import Observation, Phase, Result, Session

UNLIKELY = "unlikely"
# A change of unit shows as a jump; only measurements are compared with earlier ones, never device settings.
COMPARED = ("WEIGHT", "CIRC", "SKINFOLD")
JUMP = Decimal("0.2")

Earlier = Mapping[tuple[str, str, str], Decimal]


def unlikely_in_phase(phase: Phase, session: Session) -> list[Problem]:
    """Slips of the hand in what was documented of a phase."""
    problems = []
    if phase.current_ma == 0 and phase.duration_min:
        problems.append(_again("current_ma", _("Exactly zero, although there was time with current.")))
    problems += _digits(phase, voltage_v=3, current_density_ma_cm2=2, frequency_hz=5)
    if phase.duration_min and session.started_at and session.ended_at:
        minutes = Decimal((session.ended_at - session.started_at).total_seconds()) / 60
        if phase.duration_min > minutes:
            problems.append(_again("duration_min", _("Longer than the session itself.")))
    return problems


def unlikely_in_observation(observation: Observation, earlier: Earlier) -> list[Problem]:
    """A weight, circumference or skinfold that jumps against the one before at the same place."""
    if observation.measure not in COMPARED or observation.value is None:
        return []
    before = earlier.get((observation.measure, observation.site, observation.side))
    if before is None or abs(observation.value - before) <= before * JUMP:
        return []
    return [_again("value", _("Far from the value before at the same place."))]


def unlikely_in_result(result: Result) -> list[Problem]:
    """A result with as many digits as a slipped decimal sign would give."""
    if result.result_unit != "mmol/L":
        return []
    return _digits(result, result_value=3)


def _digits(row: object, **most: int) -> list[Problem]:
    words = {
        2: _("Two digits before the decimal separator."),
        3: _("Three digits before the decimal separator."),
        5: _("Five digits before the decimal separator."),
    }
    return [
        _again(field, words[digits])
        for field, digits in most.items()
        if (value := getattr(row, field)) is not None and value >= 10 ** (digits - 1)
    ]


def _again(field: str, why: str) -> Problem:
    return Problem(field, _("%(why)s Please read it again and type it once more below.") % {"why": why}, UNLIKELY)
