"""The password once more, before something is signed; wrong tries are counted by the account library."""

from allauth.core import ratelimit
from django.http import HttpRequest
from django.utils.translation import gettext as _

from clinic.audit.access import record_event
from clinic.lib.problems import Problem


def why_not_confirmed(request: HttpRequest, password: str, field: str = "password") -> list[Problem]:
    """Nothing where the person who is logged in gave the right password; it is asked for each signature anew."""
    if not ratelimit.consume(request, action="sign", user=request.user, dry_run=True):
        record_event("sign_throttled", request=request, by=request.user)
        return [Problem(field, _("Too many wrong passwords. Wait five minutes, then try again."), "throttled")]
    if not request.user.check_password(password):
        ratelimit.consume(request, action="sign", user=request.user)
        record_event("sign_failed", request=request, by=request.user)
        return [Problem(field, _("This is not your password. Nothing was signed."), "password")]
    return []
