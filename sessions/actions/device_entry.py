"""The log of a device: what happened to it is written down, and struck through where it was wrong."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.accounts.models import User
from clinic.accounts.roles import Permission
from clinic.accounts.rules import why_not_may
from clinic.audit.act import act
from clinic.lib.problems import Problem, Refused, refuse
from sessions.models import Device, DeviceEntry
from sessions.rules.device_entry import why_not_this_entry


def add_device_entry(
    *, by: User, device: Device, values: dict[str, Any], key: UUID | None = None, at: datetime | None = None
) -> DeviceEntry:
    """Write down what happened to `device`; the device itself stays as it is registered."""
    refuse(why_not_may(by, Permission.MANAGE_DEVICES))
    moment = at or timezone.now()
    entry = DeviceEntry(device=device, **values)
    with act("add_device_entry", by=by, key=key, at=moment) as writing:
        refuse(why_not_this_entry(entry, timezone.localdate(moment)))
        writing.create(entry)
        writing.about(f"device:{device.uid}", None)
    return entry


def mark_device_entry_in_error(*, by: User, entry: DeviceEntry, reason: str, key: UUID | None = None) -> DeviceEntry:
    """Strike an entry through; the right one is written beside it."""
    refuse(why_not_may(by, Permission.MANAGE_DEVICES))
    if not reason.strip():
        raise Refused([Problem("reason", _("Write why this entry is wrong."))])
    with act("mark_device_entry_in_error", by=by, reason=reason, key=key) as writing:
        rows = DeviceEntry.objects.select_for_update(of=("self",), no_key=True).select_related("device")
        stored = rows.get(pk=entry.pk)
        if stored.in_error:
            raise Refused([Problem("", _("This entry is already marked as entered in error."))])
        stored.in_error, stored.error_reason = True, reason.strip()
        writing.change(stored, "in_error", "error_reason")
        writing.about(f"device:{stored.device.uid}", None)
    return stored
