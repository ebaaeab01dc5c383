"""Figures as a reader of this language writes them."""

from decimal import Decimal, InvalidOperation

from django.utils.formats import get_format


def figure_text(value: Decimal | int | None) -> str:
    """`value` with every digit that counts and the language's decimal sign: 12.50 -> "12,5" in French."""
    if value is None:
        return ""
    text = format(Decimal(value).normalize(), "f")
    return text.replace(".", str(get_format("DECIMAL_SEPARATOR")))


def places_text(value: Decimal) -> str:
    """`value` with all its places, as a column of rates has them under each other: 12.0 -> "12,0" in French."""
    return format(value, "f").replace(".", str(get_format("DECIMAL_SEPARATOR")))


def typed_text(typed: str, value: Decimal | int | None) -> str:
    """`typed` with the language's decimal sign where it is this figure, digit by digit: "15.0" -> "15,0"; else nothing."""
    plain = typed.strip().replace(",", ".")
    try:
        same = value is not None and Decimal(plain) == value
    except InvalidOperation:
        same = False
    return plain.replace(".", str(get_format("DECIMAL_SEPARATOR"))) if same else ""
