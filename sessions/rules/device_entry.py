"""Is this something that can have happened to a device?"""

from datetime import date

from django.utils.translation import gettext as _

from clinic.lib.problems import Problem
from sessions.measures.words import DeviceEntryKind
from sessions.models import DeviceEntry

# What these say is said by their kind alone.
SAY_IT_ALL = (DeviceEntryKind.OUT, DeviceEntryKind.BACK)


def why_not_this_entry(entry: DeviceEntry, today: date) -> list[Problem]:
    """It has happened, it says what was done or found, and its dates are in order."""
    problems = []
    for field in ("happened_date", "ended_date"):
        day = getattr(entry, field)
        if day and day > today:
            problems.append(Problem(field, _("This day lies in the future: write it down when it has come.")))
    if entry.ended_date and entry.kind == DeviceEntryKind.BACK:
        problems.append(Problem("ended_date", _told("device_entry_back_is_one_day")))
    elif entry.ended_date and entry.ended_date < entry.happened_date:
        problems.append(Problem("ended_date", _told("device_entry_order")))
    if entry.kind not in SAY_IT_ALL and not entry.nature.strip():
        problems.append(Problem("nature", _told("device_entry_has_nature"), "required"))
    return problems


def _told(name: str) -> str:
    """The words that the table's own constraint has."""
    found = next(constraint for constraint in DeviceEntry._meta.constraints if constraint.name == name)
    return str(found.violation_error_message)
