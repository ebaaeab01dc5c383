"""Which signs the fonts of our documents can draw, and what stands in place of one that they cannot."""

import re
import struct
import unicodedata
from functools import cache

from clinic.lib.typesetting import FONTS

# Drawn by no font, and rightly so: the typesetter breaks lines and words at them.
NEEDS_NO_GLYPH = frozenset("\n\t\u00ad\u200b")
# Controls, and signs whose meaning is private to one font: PDF/A allows none.
NOT_FOR_ARCHIVES = frozenset({"Cc", "Co", "Cn", "Cs"})
# Invisible marks that make a line read as another one: shown, never obeyed.
TURNS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
# Beyond these blocks a sign may need its neighbours; where a page cannot be set, only these are kept as they are.
PLAIN = re.compile(r"[\n\t\u200b\u0020-\u007e\u00a0-\u017f\u0384-\u03ce\u0400-\u045f\u2010-\u2027\u202f\u20ac]")


def drawable(text: str) -> str:
    """`text` with each sign that no font of ours has as its number: 🩹 -> [U+1FA79]. Nothing is left out."""
    composed = unicodedata.normalize("NFC", text)
    if composed.isascii() and composed.isprintable():
        return composed
    known = signs()
    return "".join(sign if sign in known or sign in NEEDS_NO_GLYPH else named(sign) for sign in composed)


def plainest(text: str) -> str:
    """`text` with the number in place of every sign outside the plainest Latin, Greek and Cyrillic."""
    return "".join(sign if PLAIN.match(sign) else named(sign) for sign in text)


def named(sign: str) -> str:
    """A sign by its number in Unicode, as its standard writes it."""
    return f"[U+{ord(sign):04X}]"


@cache
def signs() -> frozenset[str]:
    """Every sign that one of the fonts in clinic/fonts has and a PDF for the archive may hold."""
    found = {chr(code) for file in sorted(FONTS.glob("*.ttf")) for code in codes_of(file.read_bytes())}
    return frozenset(sign for sign in found if unicodedata.category(sign) not in NOT_FOR_ARCHIVES) - TURNS


def codes_of(font: bytes) -> set[int]:
    """The characters that a TrueType font maps to a glyph, out of its `cmap` table (formats 4 and 12)."""
    (tables,) = struct.unpack_from(">H", font, 4)
    start = next(
        struct.unpack_from(">I", font, 12 + 16 * number + 8)[0]
        for number in range(tables)
        if font[12 + 16 * number : 16 + 16 * number] == b"cmap"
    )
    (maps,) = struct.unpack_from(">H", font, start + 2)
    found: set[int] = set()
    for number in range(maps):
        (offset,) = struct.unpack_from(">I", font, start + 4 + 8 * number + 4)
        (form,) = struct.unpack_from(">H", font, start + offset)
        if form == 4:
            found |= _segments(font, start + offset)
        elif form == 12:
            found |= _groups(font, start + offset)
    return found


def _segments(font: bytes, at: int) -> set[int]:
    (doubled,) = struct.unpack_from(">H", font, at + 6)
    count = doubled // 2
    ends = struct.unpack_from(f">{count}H", font, at + 14)
    starts = struct.unpack_from(f">{count}H", font, at + 16 + doubled)
    deltas = struct.unpack_from(f">{count}H", font, at + 16 + 2 * doubled)
    offsets_at = at + 16 + 3 * doubled
    offsets = struct.unpack_from(f">{count}H", font, offsets_at)
    found = set()
    for place, (first, last, delta, offset) in enumerate(zip(starts, ends, deltas, offsets, strict=True)):
        for code in range(first, last + 1):
            glyph = code
            if offset:
                (glyph,) = struct.unpack_from(">H", font, offsets_at + 2 * place + offset + 2 * (code - first))
            if code != 0xFFFF and (glyph or not offset) and (glyph + delta) % 0x10000:
                found.add(code)
    return found


def _groups(font: bytes, at: int) -> set[int]:
    (count,) = struct.unpack_from(">I", font, at + 12)
    found: set[int] = set()
    for number in range(count):
        first, last, glyph = struct.unpack_from(">III", font, at + 16 + 12 * number)
        found |= {code for code in range(first, last + 1) if glyph + code - first}
    return found
