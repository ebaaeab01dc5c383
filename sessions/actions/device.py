"""Register and correct devices. The logbook sets nothing on them."""

from typing import Any
from uuid import UUID

from clinic.accounts.models import User
from clinic.accounts.roles import Permission
from clinic.accounts.rules import why_not_may
from clinic.audit.act import act
from clinic.lib.problems import Unchanged, refuse
from clinic.lib.rows import put
from sessions.models import Device
from sessions.rules.device import why_not_this_device
from sessions.rules.version import why_not_over


def register_device(*, by: User, values: dict[str, Any], reason: str = "", key: UUID | None = None) -> Device:
    """A new device, known by its maker and serial number."""
    refuse(why_not_may(by, Permission.MANAGE_DEVICES))
    device = Device(**values)
    with act("register_device", by=by, reason=reason, key=key) as writing:
        refuse(why_not_this_device(device))
        writing.create(device)
        writing.about(f"device:{device.uid}", None)
    return device


def change_device(
    *, by: User, device: Device, values: dict[str, Any], version: int, reason: str, key: UUID | None = None
) -> Device:
    """Correct a device or take it out of service; `version` is the one that the form showed."""
    refuse(why_not_may(by, Permission.MANAGE_DEVICES))
    with act("change_device", by=by, reason=reason, key=key) as writing:
        stored = Device.objects.select_for_update(no_key=True).get(pk=device.pk)
        refuse(why_not_over(stored.version, version))
        changed = put(stored, values)
        refuse(why_not_this_device(stored))
        if not changed:
            raise Unchanged
        stored.version += 1
        writing.change(stored)
        writing.about(f"device:{stored.uid}", None)
    return stored
