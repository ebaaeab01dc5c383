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
