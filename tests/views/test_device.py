"""The list of devices, and the form of one."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from clinic.accounts.models import User
from sessions.models import Device
from tests.factories import a_device

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


def typed(**values: Any) -> dict[str, Any]:
    given = {"maker": "Hidrex", "model": "PSP1000", "serial_number": "4412", "udi": "", "location": "", "note": ""}
    return {"form_key": str(uuid4()), "in_service_date": "", "out_of_service_date": ""} | given | values


def test_register_then_list(client_of: ClientOf, administrator: User) -> None:
    client = client_of(administrator)
    assert client.post(reverse("logbook:device-new"), typed()).url == reverse("logbook:devices")
    assert "4412" in client.get(reverse("logbook:devices")).content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("serial_number", ""),
        ("serial_number", "4412"),
        ("maker", "m" * 10_000),
        ("note", "\x07"),
        ("out_of_service_date", "2025-12-31"),
        ("in_service_date", "2026-02-30"),
    ],
)
def test_bad_input_comes_back_at_its_field(client_of: ClientOf, administrator: User, field: str, value: str) -> None:
    a_device(by=administrator, serial_number="4412")
    sent = typed(serial_number="5", location="room 2", in_service_date="2026-01-01") | {field: value}
    response = client_of(administrator).post(reverse("logbook:device-new"), sent)
    form = response.context["form"]
    assert (response.status_code, list(form.errors)) == (200, [field])
    assert (form["location"].value(), form[field].value(), Device.objects.count()) == ("room 2", value, 1)


def test_correct_with_a_reason_and_take_out_of_service(client_of: ClientOf, administrator: User) -> None:
    device = a_device(by=administrator)
    client, address = client_of(administrator), reverse("logbook:device-edit", args=[device.uid])
    sent = typed(version="1", out_of_service_date="2026-02-01")
    assert list(client.post(address, sent).context["form"].errors) == ["reason"]
    assert client.post(address, sent | {"reason": "sold"}).status_code == 302
    assert (Device.objects.in_service().count(), device.history.latest().history_change_reason) == (0, "sold")
    again = client.post(address, sent | {"reason": "sold again", "form_key": str(uuid4()), "location": "cellar"})
    location = str(again.context["form"].fields["location"].label)
    assert (again.context["meanwhile"], again.context["form"]["version"].value()) == ([(location, "—")], "2")


@pytest.mark.parametrize(
    ("role", "status"), [("physician", 200), ("administrator", 200), ("staff", 403), ("auditor", 403)]
)
def test_roles(
    client_of: ClientOf, request: pytest.FixtureRequest, administrator: User, role: str, status: int
) -> None:
    device = a_device(by=administrator)
    client = client_of(request.getfixturevalue(role))
    addresses = [
        reverse("logbook:devices"),
        reverse("logbook:device-new"),
        reverse("logbook:device-edit", args=[device.uid]),
    ]
    assert [client.get(address).status_code for address in addresses] == [status] * 3


def test_anonymous_is_sent_to_log_in(client: Client, administrator: User) -> None:
    assert client.get(reverse("logbook:devices")).url.startswith(reverse("account_login"))
