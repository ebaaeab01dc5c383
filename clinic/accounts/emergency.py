"""Emergency access: somebody whose role does not open treatment records reads them for a short time, with a reason.

It stands in the web session on the server and ends with it: at log-out, at the time-out, or when its own time is over.
"""

from datetime import UTC, datetime, timedelta
from secrets import token_hex
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import Truncator

from clinic.accounts.actions import open_emergency
from clinic.accounts.models import User
from clinic.accounts.roles import Permission
from clinic.audit.access import record_event
from clinic.audit.queue import one_writer
from clinic.lib.fields import LINE

KEPT = "emergency"


def begin(request: HttpRequest, *, by: User, reason: str, key: UUID | None) -> None:
    """Open treatment records to this web session; the act and its event stand together. Raises `Refused`."""
    mark, until = token_hex(4), timezone.now() + timedelta(minutes=settings.EMERGENCY_MINUTES)
    said = Truncator(f"{mark} {until.astimezone(UTC):%Y-%m-%dT%H:%MZ}: {' '.join(reason.split())}").chars(LINE)
    with one_writer(), transaction.atomic():
        # The event first: every act takes the chain of accesses before its own.
        record_event("emergency", request=request, by=by, detail=said)
        open_emergency(by=by, reason=reason, key=key)
    request.session[KEPT] = {"mark": mark, "until": until.timestamp()}


def resume(request: HttpRequest) -> None:
    """For this request: while the emergency access lasts the account may read, and every look says how."""
    kept, user = request.session.get(KEPT), request.user
    if not kept or not isinstance(user, User):
        return
    until = datetime.fromtimestamp(kept["until"], UTC)
    if timezone.now() < until and user.may(Permission.OPEN_EMERGENCY):
        user.emergency_until = until
        request.look_detail = f"emergency {kept['mark']}"  # type: ignore[attr-defined]
    else:
        end(request)


def end(request: HttpRequest) -> None:
    """The records are closed again."""
    if kept := request.session.pop(KEPT, None):
        record_event("emergency_over", request=request, by=request.user, detail=kept["mark"])
