"""By what the sessions of a calendar year, and of all time, are counted."""

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
