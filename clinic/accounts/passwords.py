"""Passwords: long, not on a list, and not easy to guess by somebody who knows the clinic."""

import secrets

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from zxcvbn import zxcvbn

from clinic.audit.keys import ring

LEAST_SCORE = 3
LEAST_OWN = 6  # letters that are not from the person's own names
LONGEST = 256
# fmt: off
_WORDS = [
    "clinic", "clinique", "cabinet", "logbook", "carnet", "docteur", "doctor", "medecin",
    "physician", "patient", "session", "seance", "iontophoresis", "iontophorese", "ionto", "azerty",
    "soleil", "bonjour", "motdepasse", "administrateur", "administrator",
]
# fmt: on
# No sign that reads as another one: no 0 o, 1 l i.
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"


def one_time_password() -> str:
    """A password to be read out once ("k7mp-x3ra-9dtu-wq4e"): 79 bits, changed at the first log-in."""
    return "-".join("".join(secrets.choice(_SIGNS) for _sign in range(4)) for _group in range(4))


def mark_of_code(user_pk: int, typed: str) -> str:
    """What is stored of a recovery code, however it was typed; nobody can make it without the key."""
    signs = "".join(sign for sign in typed.casefold() if sign in _SIGNS)
    return ring().mark(f"recovery code:{user_pk}:{signs}")


class StrengthValidator:
    """Refuses what zxcvbn scores under 3 of 4; the user's own names and the trade's words count as known."""

    def validate(self, password: str, user: object | None = None) -> None:
        names = " ".join(str(getattr(user, name, "")) for name in ("username", "full_name"))
        words = [*names.casefold().split(), *_WORDS]
        own = password.casefold()
        for name in names.casefold().split():
            own = own.replace(name, "")
        weak = zxcvbn(password[:72], user_inputs=words)["score"] < LEAST_SCORE
        if weak or sum(sign.isalpha() for sign in own) < LEAST_OWN:
            raise ValidationError(
                _("This password is easy to guess. Take several words that do not belong together."), code="weak"
            )

    def get_help_text(self) -> str:
        return _("Several words that do not belong together make a good password.")
