"""Passwords: long, not on a list, and not easy to guess by somebody who knows the clinic."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from zxcvbn import zxcvbn

LEAST_SCORE = 3


class StrengthValidator:
    """Refuses what zxcvbn scores under 3 of 4; the user's own names count as known words."""

    def validate(self, password: str, user: object | None = None) -> None:
        words = [str(word) for name in ("username", "full_name") if (word := getattr(user, name, ""))]
        if zxcvbn(password[:72], user_inputs=words)["score"] < LEAST_SCORE:
            raise ValidationError(_("This password is easy to guess. Take several words that do not belong together."), code="weak")

    def get_help_text(self) -> str:
        return _("Several words that do not belong together make a good password.")
