"""What happened to a device: written down once, struck through where it was wrong."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from clinic.accounts.models import User
from clinic.lib.problems import AlreadyDone, Refused
from sessions.actions.device_entry import add_device_entry, mark_device_entry_in_error
from sessions.models import Device, DeviceEntry
from tests.factories import a_device, a_device_entry, at

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 31)


def add(by: User, device: Device, **values: Any) -> DeviceEntry:
    given = {"kind": "fault", "happened_date": date(2026, 3, 30), "nature": "no current"}
    return add_device_entry(by=by, device=device, values=given | values, at=at(TODAY, 0, 30))


def test_entry_is_an_act_on_the_device_and_leaves_it_as_it_is(administrator: User) -> None:
    device = a_device(by=administrator)
    entry = add(administrator, device, done_by="M. Roy", employer="Hidrex")
    kept = entry.history.get()
    assert (kept.act.kind, kept.act.subject, kept.act.by) == (
        "add_device_entry", f"device:{device.uid}", administrator,
    )  # fmt: skip
    assert (Device.objects.get().version, Device.objects.in_service().count()) == (1, 1)


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"happened_date": TODAY, "ended_date": TODAY}, []),
        ({"happened_date": TODAY + timedelta(days=1)}, ["happened_date"]),
        ({"ended_date": TODAY + timedelta(days=1)}, ["ended_date"]),
        ({"ended_date": date(2026, 3, 29)}, ["ended_date"]),
        ({"nature": " "}, ["nature"]),
        ({"kind": "out-of-service", "nature": ""}, []),
        ({"kind": "back-in-service", "nature": ""}, []),
        ({"kind": "back-in-service", "ended_date": TODAY}, ["ended_date"]),
        ({"kind": "explosion"}, ["kind"]),
        ({"conforming": "perhaps"}, ["conforming"]),
    ],
)
def test_entry_has_happened_and_its_days_are_in_order(
    administrator: User, values: dict[str, Any], fields: list[str]
) -> None:
    device, refused = a_device(by=administrator), []
    try:
        add(administrator, device, **values)
    except Refused as error:
        refused = [problem.field for problem in error.problems]
    assert (refused, DeviceEntry.objects.count()) == (fields, 0 if fields else 1)


def test_same_form_sent_twice_writes_one_entry(administrator: User) -> None:
    device, key = a_device(by=administrator), uuid4()
    values = {"kind": "check", "happened_date": TODAY, "nature": "yearly check"}
    add_device_entry(by=administrator, device=device, values=values, key=key)
    with pytest.raises(AlreadyDone):
        add_device_entry(by=administrator, device=device, values=values, key=key)
    assert DeviceEntry.objects.count() == 1


def test_in_error_needs_a_reason_and_happens_once(administrator: User) -> None:
    entry = a_device_entry(by=administrator, device=a_device(by=administrator))
    with pytest.raises(Refused) as refused:
        mark_device_entry_in_error(by=administrator, entry=entry, reason=" ")
    assert [problem.field for problem in refused.value.problems] == ["reason"]
    mark_device_entry_in_error(by=administrator, entry=entry, reason="of another device")
    with pytest.raises(Refused):
        mark_device_entry_in_error(by=administrator, entry=entry, reason="again")
    stored = DeviceEntry.objects.get()
    assert (stored.error_reason, stored.history.latest().history_change_reason, DeviceEntry.objects.standing().count()) == (
        "of another device", "of another device", 0,
    )  # fmt: skip
