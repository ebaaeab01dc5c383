"""What every clinical table shares."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinic.audit.history import Recorded


class Clinical(Recorded):
    """A clinical row: written by acts alone, its history kept, its address not to be guessed."""

    class Meta(Recorded.Meta):
        abstract = True
        default_permissions = ()


def address() -> models.UUIDField:
    """The part of an address that names a record; editing it leads nowhere."""
    return models.UUIDField(default=uuid.uuid4, unique=True, editable=False)


def one_of(field: str, words: Iterable[str], *, name: str, also_empty: bool = True) -> models.CheckConstraint:
    """The database's own word that `field` holds one of `words`."""
    allowed = [*words, ""] if also_empty else list(words)
    return models.CheckConstraint(
        condition=models.Q(**{f"{field}__in": allowed}), name=name, violation_error_code=field
    )


def both_or_none(first: str, second: str, *, name: str, message: str | Promise) -> models.CheckConstraint:
    """A figure that may be empty (NULL) stands with its word (empty string), or neither stands."""
    condition = (models.Q(**{f"{first}__isnull": True}) & models.Q(**{second: ""})) | (
        models.Q(**{f"{first}__isnull": False}) & ~models.Q(**{second: ""})
    )
    return models.CheckConstraint(
        condition=condition,
        name=name,
        violation_error_code=second,
        violation_error_message=message,  # type: ignore[arg-type]
    )


def not_negative(*fields: str, name: str) -> models.CheckConstraint:
    """None of the figures is under zero."""
    condition = models.Q()
    for field in fields:
        condition &= models.Q(**{f"{field}__isnull": True}) | models.Q(**{f"{field}__gte": 0})
    return models.CheckConstraint(condition=condition, name=name, violation_error_code=fields[0])


def as_typed() -> Any:
    """What the person typed, where it differs from what is stored: {field: text}."""
    return models.JSONField(_("as typed"), default=dict, blank=True)


def retyped() -> Any:
    """The figures that looked unlikely and were typed a second time: their field names."""
    return models.JSONField(_("typed twice"), default=list, blank=True)
