"""Figures as a reader of the language writes them."""

from decimal import Decimal

import pytest
from django.utils import translation

from clinic.lib.figures import figure_text, typed_text


@pytest.mark.parametrize(
    ("typed", "value", "shown"),
    [
        ("15,0", Decimal("15.000"), "15,0"),
        ("14.5", Decimal("14.500"), "14,5"),
        ("2,5", Decimal(2500), ""),
        ("", Decimal(1), ""),
        ("1", None, ""),
        ("douze", Decimal(12), ""),
    ],
)
def test_typed_text_keeps_the_digits_of_the_same_figure(typed: str, value: Decimal | None, shown: str) -> None:
    with translation.override("fr"):
        assert typed_text(typed, value) == shown


def test_figure_text_has_every_digit_that_counts() -> None:
    with translation.override("fr"):
        assert figure_text(Decimal("12.50")) == "12,5"
