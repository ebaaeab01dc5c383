"""The token that guards the first account: known only to who can read the terminal or the key folder."""

import secrets

from django.conf import settings

from clinic.lib.secrets import secret_from_file

_FILE = "first_account_token"


def first_account_token() -> str:
    """The token for the first account; the same one until it is used, so that a restart changes nothing."""
    return secret_from_file(settings.KEY_DIR / _FILE)[:32]


def is_first_account_token(text: str) -> bool:
    """Whether `text` is that token."""
    path = settings.KEY_DIR / _FILE
    return path.exists() and secrets.compare_digest(text.strip().encode(), first_account_token().encode())


def forget_first_account_token() -> None:
    """The first account exists: its token is worth nothing from now on."""
    (settings.KEY_DIR / _FILE).unlink(missing_ok=True)
