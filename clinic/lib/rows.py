"""Rows of any table, before they are written."""

from collections.abc import Mapping
from typing import Any

from django.db import models


def put(row: models.Model, values: Mapping[str, Any]) -> list[str]:
    """Set `values` on `row`; the names of those that differ from what stood there. Asks the database for nothing."""
    differing = []
    for name, value in values.items():
        stands = getattr(row, row._meta.get_field(name).attname)  # type: ignore[union-attr]
        if stands != value and _plain(stands) != _plain(value):
            setattr(row, name, value)
            differing.append(name)
    return differing


def _plain(value: Any) -> Any:
    """A row by its key; text without regard to the line ends, which a browser rewrites."""
    if isinstance(value, models.Model):
        return value.pk
    return value.replace("\r\n", "\n") if isinstance(value, str) else value
