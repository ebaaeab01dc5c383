"""The password once more, before something is signed; wrong tries are counted by the account library."""

from allauth.core import ratelimit
from django.http import HttpRequest
from django.utils.translation import gettext as _

from clinic.lib.problems import Problem


def why_not_confirmed(request: HttpRequest, password: str, field: str = "password") -> list[Problem]:
    """Nothing where the person who is logged in gave the right password; it is asked for each signature anew."""
    usage = ratelimit.consume(request, action="sign", user=request.user)
    if usage is None:
        return [Problem(field, _("Too many wrong passwords. Wait five minutes, then try again."), "throttled")]
    if not request.user.check_password(password):
        return [Problem(field, _("This is not your password. Nothing was signed."), "password")]
    usage.rollback()
    return []
