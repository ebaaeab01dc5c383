"""What text may be stored: what both databases keep alike and a reader sees as it was typed."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
# Lone surrogates, and the mark that a decoder leaves where it could not read one.
_SURROGATE = re.compile(r"[\ud800-\udfff\ufffd]")
_DIRECTION = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def readable_text(value: str) -> None:
    """Refuse what one engine cannot store (NUL, lone surrogates) and marks that make a line read as another."""
    if _SURROGATE.search(value):
        raise ValidationError(_("This text holds a broken character. Please type it again."), code="surrogate")
    if _CONTROL.search(value):
        raise ValidationError(
            _("This text holds an invisible control character. Please type it again."), code="control"
        )
    if _DIRECTION.search(value):
        raise ValidationError(
            _("This text holds an invisible mark that changes the reading direction. Please type it again without it."),
            code="direction",
        )


def folded(text: str) -> str:
    """`text` for searching: without accents, case, apostrophes or hyphens ("Élodie N'Guyen" -> "elodie n guyen")."""
    special = (
        text.replace("ł", "l").replace("Ł", "l").replace("ø", "o").replace("Ø", "o").replace("đ", "d").replace("Đ", "d")
    )
    special = special.replace("œ", "oe").replace("Œ", "oe").replace("æ", "ae").replace("Æ", "ae").replace("ß", "ss")
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", special) if not unicodedata.combining(sign))
    return " ".join(re.sub(r"[^\w]+|_", " ", plain.casefold()).split())


# Letters that no decomposition takes apart.
_FURTHER = str.maketrans({"ı": "i", "ħ": "h", "ð": "d", "þ": "th", "ŋ": "ng"})


def searched(text: str) -> str:
    """`text` as it is looked for: folded, and a few more letters as those who have no key for them type them."""
    return folded(text).translate(_FURTHER)


def findable(*lines: str) -> str:
    """The text in which parts of `lines` are looked for: each word after two blanks, so that a blank and the first
    letter are a part of three signs, too. What an apostrophe or a hyphen parts stands there in parts and as one word.
    """
    words: list[str] = []
    for line in lines:
        words += searched(line).split()
        words += [searched(word).replace(" ", "") for word in line.split()]
    return "".join(f"  {word}" for word in dict.fromkeys(words) if word)
