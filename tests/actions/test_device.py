"""Registering and correcting devices."""

from datetime import date
from uuid import uuid4

import pytest

from clinic.accounts.models import User
from clinic.lib.problems import AlreadyDone, Refused
from sessions.actions.device import change_device, register_device
from sessions.models import Device

pytestmark = pytest.mark.django_db
VALUES = {"maker": "Hidrex", "model": "PSP1000", "serial_number": "4412"}


def test_register(administrator: User) -> None:
    device = register_device(by=administrator, values=VALUES, key=uuid4())
    assert str(device) == "Hidrex PSP1000 nº 4412"
    assert device.history.get().act.subject == f"device:{device.uid}"


def test_register_the_same_serial_number_is_refused(administrator: User) -> None:
    register_device(by=administrator, values=VALUES)
    with pytest.raises(Refused) as refused:
        register_device(by=administrator, values=VALUES)
    assert [problem.field for problem in refused.value.problems] == ["serial_number"]
    assert Device.objects.count() == 1


def test_register_twice_the_same_form_stores_one(administrator: User) -> None:
    key = uuid4()
    register_device(by=administrator, values=VALUES, key=key)
    with pytest.raises(AlreadyDone):
        register_device(by=administrator, values=VALUES, key=key)
    assert Device.objects.count() == 1


def test_out_of_service_before_in_service_is_refused(administrator: User) -> None:
    dates = {"in_service_date": date(2026, 1, 2), "out_of_service_date": date(2026, 1, 1)}
    with pytest.raises(Refused) as refused:
        register_device(by=administrator, values=VALUES | dates)
    assert [problem.field for problem in refused.value.problems] == ["out_of_service_date"]
    assert Device.objects.count() == 0


def test_change_needs_the_version_that_was_shown(administrator: User) -> None:
    device = register_device(by=administrator, values=VALUES)
    change_device(by=administrator, device=device, values={"location": "room 2"}, version=1, reason="moved")
    with pytest.raises(Refused) as refused:
        change_device(by=administrator, device=device, values={"location": "room 3"}, version=1, reason="moved")
    assert [problem.code for problem in refused.value.problems] == ["changed"]
    assert (Device.objects.get().location, Device.objects.in_service().count()) == ("room 2", 1)
