"""What a record of a session may leave out or hold typed twice: marks that the stored figures keep of each session."""

from enum import IntFlag

# Figures of one course that lie so far apart look like a slip of the decimal point. They are compared with each other alone.
TIMES_FAR_APART = 10
COMPARED_FIGURES = ("current_ma", "voltage_v", "duration_min")


class Gap(IntFlag):
    """One bit each; none of them says that a record is wrong, only that somebody may want to read it again."""

    END = 1
    APPLICATION = 2
    DURATION = 4
    SIDE = 8
    EVENT_SITE = 16
    TWICE = 32
