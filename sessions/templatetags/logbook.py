"""Small words for templates: figures as they were written, field lookup, indexes."""

from decimal import Decimal
from typing import Any

from django import template
from django.forms import BoundField

from clinic.lib.figures import figure_text

register = template.Library()


@register.filter
def figure(value: Decimal | int | None) -> str:
    """A figure without trailing zeros, with the language's decimal sign: 12.50 -> 12,5."""
    return figure_text(value)


@register.filter
def field(form: Any, name: str) -> BoundField | str:
    """The field of a form by its name; nothing where the form has none."""
    return form[name] if name in form.fields else ""


@register.filter
def entry(mapping: Any, key: Any) -> Any:
    """`mapping[key]`, or nothing."""
    return mapping.get(key) if mapping else None
