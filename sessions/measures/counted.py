"""By what the sessions, courses and outcomes of a calendar year, and of all time, are counted."""

from enum import StrEnum


class CountedBy(StrEnum):
    """What a tally of a period is about: the sessions performed, or those with an adverse event.

    The device is its key, 0 for none; that of an event is the device of its session.
    """

    PERFORMED = "performed"
    DEVICE = "device"
    SITE = "site"
    EVENT = "event"
    TERM = "event-term"
    SEVERITY = "event-severity"
    SERIOUS = "event-serious"
    EVENT_SITE = "event-site"
    EVENT_DEVICE = "event-device"
    ELECTRODE = "event-electrode"


class CoursesBy(StrEnum):
    """Which courses a tally is about, and of which year.

    Open ones with a session performed in it (of all time: with one or without), those that ended in it, those that had
    their last session performed in it, and of these those with a value of a measure, and of a measure in one unit.
    """

    OPEN = "open"
    ENDED = "ended"
    SEEN = "seen"
    MEASURE = "measure"
    UNIT = "measure-unit"


class OutcomesBy(StrEnum):
    """By what equal first and last values are counted together; the direction says only which is larger."""

    PLACE = "place"
    PHYSICIAN = "physician"
    DEVICE = "device"
    DIRECTION = "direction"


class Direction(StrEnum):
    """The last value beside the first one."""

    FELL = "fell"
    SAME = "same"
    ROSE = "rose"
    MISSING = "missing"


# Between the parts of what a tally is counted by; no code has one.
PART = "|"
