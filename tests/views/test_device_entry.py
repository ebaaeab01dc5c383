"""The log on the page of a device: what happened is added, and struck through where it was wrong."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.accounts.models import User
from sessions.models import Device, DeviceEntry
from tests.factories import a_device, a_device_entry

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


def typed(**values: Any) -> dict[str, Any]:
    given = {"kind": "repaired", "happened_date": "2026-03-30", "ended_date": "", "nature": "new cable"}
    return (
        {"form_key": str(uuid4()), "conforming": "yes", "done_by": "M. Roy", "employer": "Hidrex", "note": ""}
        | given
        | values
    )


def page_of(device: Device) -> str:
    return reverse("logbook:device-edit", args=[device.uid])


def test_entry_is_added_and_stands_on_the_page_of_its_device(client_of: ClientOf, administrator: User) -> None:
    device, client = a_device(by=administrator), client_of(administrator)
    answer = client.post(reverse("logbook:device-entry-new", args=[device.uid]), typed())
    assert (answer.status_code, answer["Location"]) == (302, page_of(device))
    page = client.get(page_of(device))
    assert [entry.nature for entry in page.context["entries"]] == ["new cable"]
    assert "M. Roy" in page.content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", ""),
        ("happened_date", "2999-01-01"),
        ("ended_date", "2026-03-29"),
        ("nature", ""),
        ("nature", "n" * 201),
    ],
)
def test_bad_input_comes_back_at_its_field(client_of: ClientOf, administrator: User, field: str, value: str) -> None:
    address = reverse("logbook:device-entry-new", args=[a_device(by=administrator).uid])
    form = client_of(administrator).post(address, typed() | {field: value}).context["form"]
    assert (list(form.errors), form[field].value(), form["done_by"].value()) == ([field], value, "M. Roy")
    assert DeviceEntry.objects.count() == 0


def test_wrong_entry_stays_readable_struck_through(client_of: ClientOf, administrator: User) -> None:
    device, client = a_device(by=administrator), client_of(administrator)
    entry = a_device_entry(by=administrator, device=device)
    address = reverse("logbook:device-entry-error", args=[entry.uid])
    assert list(client.post(address, {"form_key": str(uuid4()), "reason": ""}).context["form"].errors) == ["reason"]
    assert client.post(address, {"form_key": str(uuid4()), "reason": "of another device"})["Location"] == page_of(
        device
    )
    page = client.get(page_of(device)).content.decode()
    assert (page.count('class="struck"'), "of another device" in page, address in page) == (1, True, False)


def test_history_of_the_device_tells_of_its_log(client_of: ClientOf, physician: User) -> None:
    device = a_device(by=physician)
    a_device_entry(by=physician, device=device)
    page = client_of(physician).get(reverse("logbook:history", args=["device", device.uid]))
    assert [entry.act.kind for entry in page.context["entries"]] == ["add_device_entry", "register_device"]
    assert "yearly maintenance" in page.content.decode()


def test_page_asks_as_often_for_one_entry_as_for_three(client_of: ClientOf, administrator: User) -> None:
    device, client = a_device(by=administrator), client_of(administrator)
    counts = []
    for entries in (1, 2):
        for _entry in range(entries):
            a_device_entry(by=administrator, device=device)
        client.get(page_of(device))
        with CaptureQueriesContext(connection) as asked:
            client.get(page_of(device))
        counts.append(len(asked))
    assert counts[0] == counts[1]
