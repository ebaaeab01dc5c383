"""The one-time token that guards the first account: printed where the program runs, gone after use."""

import os
import secrets
from pathlib import Path

from django.conf import settings

from clinic.accounts.models import User
from clinic.accounts.rules import roles_still_open


def token_file() -> Path:
    return Path(settings.KEY_DIR) / "first_account_token"


def token_for_first_account() -> str | None:
    """The token to print at start, made where there is none; nothing (and no file) once it has done its work."""
    if not roles_still_open(User.objects.roles_in_use()):
        forget_token()
        return None
    path = token_file()
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(18))
    return path.read_text(encoding="ascii").strip()


def token_fits(typed: str) -> bool:
    """Whether `typed` is the token, compared in constant time; never where no token was made."""
    try:
        token = token_file().read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return False
    return bool(token) and secrets.compare_digest(typed.strip().encode(), token.encode())


def forget_token() -> None:
    """A token works once."""
    token_file().unlink(missing_ok=True)
