"""Small words for templates: figures as they were written, field lookup, indexes."""

from collections.abc import Iterable
from decimal import Decimal
from html import escape
from typing import Any

from django import template
from django.forms import BoundField
from django.template.defaultfilters import linebreaksbr
from django.utils.safestring import SafeString, mark_safe

from clinic.audit.changes import FieldChange
from clinic.lib.as_svg import Picture, drawn
from clinic.lib.chart import Chart
from clinic.lib.figures import figure_text, typed_text

register = template.Library()


@register.filter
def figure(value: Decimal | int | None) -> str:
    """A figure without trailing zeros, with the language's decimal sign: 12.50 -> 12,5."""
    return figure_text(value)


@register.filter
def written(row: Any, name: str) -> str:
    """A figure of this row with the digits the person typed: 15,0 stays 15,0."""
    value = getattr(row, name)
    return typed_text(row.as_typed.get(name, ""), value) or figure_text(value)


@register.filter
def as_written(fields: Iterable[FieldChange]) -> SafeString:
    """What each field of a new row holds, as lines of a table. By a loop of the template the 1,700 fields of fifty acts
    took a third of the auditor's page (bench).
    """
    lines = (
        f'<tr><th scope="row">{escape(field.name)}</th><td class="change-new">{_in_lines(field.new)}</td></tr>'
        for field in fields
    )
    return mark_safe("".join(lines))  # noqa: S308 -- names and values are escaped


def _in_lines(text: str) -> str:
    return linebreaksbr(text) if "\n" in text or "\r" in text else escape(text)


@register.filter
def typed_otherwise(row: Any) -> list[str]:
    """What was typed of this row where the stored figure is another one, such as 2,5 kHz for 2500 Hz."""
    typed = row.as_typed
    units = {"frequency_hz": typed.get("frequency_unit", "")}
    return [
        f"{text} {units.get(name, '')}".strip()
        for name, text in typed.items()
        if name != "frequency_unit" and not typed_text(text, getattr(row, name))
    ]


@register.filter
def field(form: Any, name: str) -> BoundField | str:
    """The field of a form by its name; nothing where the form has none."""
    return form[name] if name in form.fields else ""


@register.filter
def entry(mapping: Any, key: Any) -> Any:
    """`mapping[key]`, or nothing."""
    return mapping.get(key) if mapping else None


@register.simple_tag
def pictures(chart: Chart) -> list[Picture]:
    """The drawings of a chart: one for a desk and for paper, one for a phone."""
    return drawn(chart)
