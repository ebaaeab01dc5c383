"""The second factor: the code of an authenticator app (TOTP, RFC 6238), or one of ten recovery codes.

Its secret and codes stand in the record like everything else, in a form that is useless without the key file: who
copies the database cannot make a code.
"""

import time
from base64 import urlsafe_b64encode
from secrets import compare_digest

import pyotp
import segno
from cryptography.fernet import Fernet, InvalidToken
from django.core.cache import cache

from clinic.accounts.actions import use_recovery_code
from clinic.accounts.models import SecondFactor, User
from clinic.accounts.passwords import mark_of_code
from clinic.audit.keys import ring

ISSUER = "Iontophoresis logbook"
STEP_SECONDS = 30
STEPS_ASIDE = 1  # a clock may be wrong by one step
REMEMBERED_SECONDS = 300


def new_secret() -> str:
    """A secret for an app, in the letters that a person can type."""
    return pyotp.random_base32()


def sealed(user: User, secret: str) -> str:
    """The secret as it is stored: readable with the key file alone, and for this account alone."""
    return _box().encrypt(f"{user.pk}:{secret}".encode()).decode()


def opened(factor: SecondFactor) -> str:
    """The secret again; empty where somebody put another one in its place."""
    try:
        pk, _colon, secret = _box().decrypt(factor.secret.encode()).decode().partition(":")
    except InvalidToken:
        return ""
    return secret if pk == str(factor.user_id) else ""


def _box() -> Fernet:
    return Fernet(urlsafe_b64encode(bytes.fromhex(ring().mark("second factor"))))


def picture(user: User, secret: str) -> str:
    """What the app reads from the screen, as SVG without any style of its own."""
    address = pyotp.TOTP(secret).provisioning_uri(name=user.username, issuer_name=ISSUER)
    return segno.make(address, error="m").svg_inline(
        scale=4, border=4, svgclass="qr", lineclass="qr-line", omitsize=True
    )


def step_of(secret: str, typed: str) -> int | None:
    """The step of time whose code was typed: this one, or one beside it."""
    typed = typed.replace(" ", "")
    now = int(time.time()) // STEP_SECONDS
    for step in (now, *(now + aside for aside in range(-STEPS_ASIDE, STEPS_ASIDE + 1) if aside)):
        if secret and compare_digest(pyotp.TOTP(secret).generate_otp(step).encode(), typed.encode()):
            return step
    return None


def first_use(user: User, step: int) -> bool:
    """Whether the code of this step was not used before: one that was looked at over a shoulder is worth nothing."""
    return cache.add(f"second-factor:{user.pk}:{step}", True, timeout=REMEMBERED_SECONDS)


def accepts(user: User, typed: str) -> bool:
    """Whether this is a code of the account, used now for the first time; always where no second factor is set up."""
    factor = SecondFactor.objects.filter(user=user).first()
    if factor is None:
        return True
    step = step_of(opened(factor), typed)
    if step is not None:
        return first_use(user, step)
    mark = mark_of_code(user.pk, typed)
    return mark in factor.codes.split() and use_recovery_code(user=user, mark=mark)
