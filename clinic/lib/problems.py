"""What is wrong, where, and why: the one shape in which rules answer and acts refuse."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Problem:
    """One thing that stands in the way: `field` is a form field's name, empty for the record as a whole."""

    field: str
    message: str | Promise
    code: str = "invalid"

    def __str__(self) -> str:
        return str(self.message)


class Refused(Exception):
    """An act was not done, and nothing was written; `problems` say why."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(str(problem.message) for problem in self.problems))


def refuse(problems: Sequence[Problem]) -> None:
    """Raise `Refused` where anything stands in the way."""
    if problems:
        raise Refused(problems)


class Unchanged(Refused):
    """Nothing differs from what is stored already: an act that changes nothing is not written."""

    def __init__(self) -> None:
        super().__init__([Problem("", _("Nothing was changed, so there is nothing to save."), "unchanged")])


class AlreadyDone(Exception):
    """The same form was sent before: `subject` is what it made then."""

    def __init__(self, subject: str) -> None:
        self.subject = subject
        super().__init__(subject)
