"""Model fields for text that both engines keep alike: a length that is always checked, and readable signs only."""

from typing import Any

from django.core.validators import MaxLengthValidator, MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.lib.text import readable_text

LINE = 200
PROSE = 10_000


class Line(models.CharField):
    """One line of text, at most `max_length` characters (200 unless told)."""

    default_validators = [readable_text]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", LINE)
        super().__init__(*args, **kwargs)


class Prose(models.TextField):
    """Free text of at most 10,000 characters."""

    default_validators = [readable_text, MaxLengthValidator(PROSE)]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", PROSE)
        super().__init__(*args, **kwargs)


class Code(models.CharField):
    """A word from a closed list (`choices`), kept in English; the page shows it in the user's language."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 40)
        super().__init__(*args, **kwargs)


class Count(models.PositiveSmallIntegerField):
    """A whole number that a person types, from 0 to what both engines can hold (32,767)."""

    default_validators = [MaxValueValidator(32_767, _("Too many digits: please read it again."))]
