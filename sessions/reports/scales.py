"""On which scale and in which unit a value was taken, in words: only equal ones are compared."""

from decimal import Decimal

from django.utils.translation import gettext as _

from clinic.lib.figures import figure_text
from sessions.measures.outcomes import BY_CODE, unit_shown


def scale_words(measure: str, version: str, name: str, maximum: Decimal | None) -> str:
    """The scale where its name alone does not say it: the one that was named, or a version that is not today's."""
    parts = [name] if name else []
    if maximum is not None:
        parts.append(_("highest grade %(grade)s") % {"grade": figure_text(maximum)})
    if version != BY_CODE[measure].version:
        parts.append(_("version %(version)s") % {"version": version})
    return ", ".join(parts)


def unit_words(unit: str, minutes: Decimal | None) -> str:
    """The unit as shown; a mass belongs to its collection time: what was collected for longer is another series."""
    shown = unit_shown(unit)
    return shown if minutes is None else f"{shown} / {figure_text(minutes)} min"
