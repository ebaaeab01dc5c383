"""Tallies of courses and of their outcomes, by calendar year and of all time (year 0); see `sessions/models/figures.py`."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.lib.fields import Code
from sessions.models.figures import Figure


class CourseTally(Figure):
    """How many courses are alike; a course stands once under each of `CoursesBy` that holds of it, and year.

    `physician` is the key of that of an open or an ended course, 0 for the others. `which`, its parts with a bar between:
    of an open course its status, the phase of its last session performed, and "first" where it follows no other; of one
    that ended its reason, "planned" where it had a number of sessions, and "dropped" where it dropped out; of a measure its
    code, and its unit.
    """

    year = models.SmallIntegerField()
    counted_by = Code()
    physician = models.BigIntegerField()
    indication = Code()
    which = models.CharField(max_length=120)
    number = models.IntegerField()

    class Meta(Figure.Meta):
        verbose_name = _("tally of courses")
        verbose_name_plural = _("tallies of courses")
        constraints = [
            models.UniqueConstraint(
                fields=["year", "counted_by", "physician", "indication", "which"], name="course_tally_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.year} {self.counted_by} {self.which}: {self.number}"


class OutcomeTally(Figure):
    """How many outcomes (`Outcome`) have the same first and last value; the year is that of the course's last session.

    `counted_by` is one of `OutcomesBy`. `which` is the site and the side with a bar between, the key of the physician, that
    of the device (0 for none), or the direction, whose values are 0. Where there is no last value `has_last` is false and the
    last one 0.
    """

    year = models.SmallIntegerField()
    counted_by = Code()
    measure = Code()
    unit = Code()
    scale = models.CharField(max_length=200)
    which = models.CharField(max_length=120)
    first_value = models.DecimalField(max_digits=10, decimal_places=4)
    last_value = models.DecimalField(max_digits=10, decimal_places=4)
    has_last = models.BooleanField()
    number = models.IntegerField()

    class Meta(Figure.Meta):
        verbose_name = _("tally of outcomes")
        verbose_name_plural = _("tallies of outcomes")
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "year", "counted_by", "measure", "unit", "scale", "which", "first_value", "last_value", "has_last",
                ],
                name="outcome_tally_once",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.year} {self.measure} {self.which} {self.first_value} {self.last_value}: {self.number}"
