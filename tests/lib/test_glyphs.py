"""What the fonts of documents can draw, and how a sign stands that they cannot."""

import pytest

from clinic.lib.glyphs import drawable, plainest, signs


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Çelik Zoë, 12,5 µA ≥ 3 → œuvre", "Çelik Zoë, 12,5 µA ≥ 3 → œuvre"),
        ("fine 🩹", "fine [U+1FA79]"),
        ("你好", "[U+4F60][U+597D]"),
        ("مرحبا", "مرحبا"),
        ("e\u0301", "é"),
        ("a\nb\tc", "a\nb\tc"),
        ("a\x00b", "a[U+0000]b"),
        ("private \ue000", "private [U+E000]"),
        ("turned \u202e", "turned [U+202E]"),
    ],
)
def test_signs_without_a_glyph_stand_by_their_number(text, shown):
    assert drawable(text) == shown


def test_plainest_text_keeps_latin_greek_and_cyrillic():
    assert plainest("Çelik Ωμ Жук “…” 5 €\nمر") == "Çelik Ωμ Жук “…” 5 €\n[U+0645][U+0631]"


def test_fonts_cover_the_languages_of_the_clinic_and_its_figures():
    assert set("àâæçéèêëîïôœùûüÿÀÂÆÇÉÈÊËÎÏÔŒÙÛÜŸ«»’–—…°²³µ×÷±≤≥½√∅€✓✕⚠→\u00a0\u202f") - signs() == set()
