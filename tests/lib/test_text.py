"""What text is stored, and what is found without accents or case."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from clinic.lib.text import folded, readable_text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Élodie", "elodie"),
        ("N'Guyen", "n guyen"),
        ("N’Guyen", "n guyen"),
        ("Müller-Roux", "muller roux"),
        ("ŁUKASZ  Peña", "lukasz pena"),
        ("Straße", "strasse"),
        ("Œuvrard", "oeuvrard"),
        ("Ｍｏｒｅｌ", "morel"),
        ("", ""),
    ],
)
def test_folded(text, plain):
    assert folded(text) == plain


@given(st.text())
def test_folded_twice_is_folded(text):
    assert folded(folded(text)) == folded(text)


@pytest.mark.parametrize("text", ["", "Ça va : 12,5 mA ≥ ½", "line\nline\ttab", "عربي", "😀", "e\u0301"])
def test_readable_text_is_kept(text):
    assert readable_text(text) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a\x00b", "control"),
        ("a\x1b[31m", "control"),
        ("a\x85b", "control"),
        ("a\ud800b", "surrogate"),
        ("a\ufffdb", "surrogate"),  # noqa: PT014 -- not the same sign as the one above
        ("a\u202eb", "direction"),
        ("a\u200fb", "direction"),
        ("a\u2066b", "direction"),
    ],
)
def test_unreadable_text_is_refused(text, code):
    with pytest.raises(ValidationError) as refused:
        readable_text(text)
    assert refused.value.code == code
