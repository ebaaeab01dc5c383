"""Figures as a reader of this language writes them."""

from decimal import Decimal

from django.utils.formats import get_format


def figure_text(value: Decimal | int | None) -> str:
    """`value` with every digit that counts and the language's decimal sign: 12.50 -> "12,5" in French."""
    if value is None:
        return ""
    text = format(Decimal(value).normalize(), "f")
    return text.replace(".", str(get_format("DECIMAL_SEPARATOR")))
