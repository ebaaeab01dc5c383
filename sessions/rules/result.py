"""Is this what a laboratory can have reported?"""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from clinic.lib.problems import Problem
from sessions.measures.words import Sufficiency
from sessions.models import Result, Sample


def why_not_result(result: Result, sample: Sample, now: datetime) -> list[Problem]:
    """A figure has comparator and unit; a sample that was not sufficient has no figure; times are in order."""
    problems = []
    figure = result.result_value is not None
    if result.sufficiency == Sufficiency.SUFFICIENT and not figure and not result.interpretation:
        problems.append(Problem("result_value", _("Write the result, or the laboratory's words under interpretation.")))
    if result.sufficiency not in ("", Sufficiency.SUFFICIENT) and figure:
        problems.append(Problem("result_value", _("A sample that was not sufficient has no figure.")))
    for field, word in (("comparator", result.comparator), ("result_unit", result.result_unit)):
        if figure and not word:
            problems.append(Problem(field, _("A result is a comparator, a figure and a unit.")))
        if word and not figure:
            problems.append(Problem("result_value", _("A result is a comparator, a figure and a unit.")))
    for field in ("received_at", "reported_at"):
        moment = getattr(result, field)
        if moment and moment > now:
            problems.append(Problem(field, _("This time lies in the future.")))
        if moment and sample.collected_from and moment < sample.collected_from:
            problems.append(Problem(field, _("This time lies before the collection.")))
    if result.received_at and result.reported_at and result.reported_at < result.received_at:
        problems.append(Problem("reported_at", _("The report is dated before the sample was received.")))
    return problems


def why_not_remove_samples(labels: Iterable[str]) -> list[Problem]:
    """The labels are those of samples with a result, which a form would take away."""
    said = _("Sample %(label)s has a result from the laboratory: it cannot be taken away.")
    return [Problem("", said % {"label": label}, "result") for label in labels]
