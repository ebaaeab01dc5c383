"""Emergency access: who may, why, how long, what opens, and what the audit says of it."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import models
from django.test import Client
from django.urls import reverse

from clinic.accounts.actions import change_account, open_emergency
from clinic.accounts.models import User
from clinic.accounts.roles import Permission
from clinic.audit.models import Access, Act
from clinic.gate import MARK
from clinic.lib.problems import Refused
from sessions.models import Patient, Session
from tests.architecture.test_policy import routes
from tests.factories import a_signed_session, ready
from tests.views.test_matrix import EXPECTED, address, one_of_each

pytestmark = pytest.mark.django_db
AT = "2026-03-12 14:00:00+01:00"
WHY = "Syncope in the waiting room.\nThe physician is away."
ClientOf = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _english(settings) -> None:
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def session(physician: User) -> Session:
    _patient, course, device = ready(by=physician)
    return a_signed_session(by=physician, course=course, device=device)


@pytest.fixture
def where(session: Session) -> str:
    return reverse("logbook:session", args=[session.uid])


@pytest.fixture
def people(physician: User, staff: User, auditor: User, administrator: User) -> dict[str, User]:
    return {user.role: user for user in (physician, staff, auditor, administrator)}


@pytest.fixture
def records(physician: User, administrator: User) -> dict[str, models.Model]:
    return one_of_each(physician, administrator)


@pytest.fixture
def desk(client_of: ClientOf, staff: User) -> Client:
    return client_of(staff)


def opened(client: Client, password: str, reason: str = WHY, **more: object):
    typed = {"reason": reason, "password": password, "form_key": uuid4(), **more}
    return client.post(reverse("emergency"), typed)


def kinds() -> list[str]:
    return list(Access.objects.filter(kind__startswith="emergency").order_by("number").values_list("kind", flat=True))


def test_reason_and_password_open_the_record_and_the_audit_says_so(desk, staff, session, where, password) -> None:
    assert desk.get(where).status_code == 403
    with time_machine.travel(AT, tick=False):
        response = opened(desk, password, next=where)
        assert (response.status_code, response.url) == (302, where)
        page = desk.get(where)
    assert page.status_code == 200
    assert "until 14:30" in page.content.decode()
    act = Act.objects.latest("pk")
    assert (act.kind, act.by, act.reason, act.subject) == ("open_emergency", staff, WHY, f"user:{staff.pk}")
    event, look = Access.objects.filter(by=staff).exclude(kind="account_opened").order_by("number")
    mark = event.detail.split()[0]
    assert (event.kind, event.route, event.address, event.detail) == (
        "emergency",
        "emergency",
        "127.0.0.1",
        f"{mark} 2026-03-12T13:30Z: Syncope in the waiting room. The physician is away.",
    )
    assert (look.kind, look.patient_id, look.detail) == ("session", session.patient_id, f"emergency {mark}")


def test_look_without_emergency_bears_no_mark(desk, session) -> None:
    desk.get(reverse("logbook:patient", args=[session.patient.uid]))
    assert Access.objects.latest("number").detail == ""


@pytest.mark.parametrize(
    ("reason", "typed", "field"), [("", None, "reason"), (WHY, "", "password"), (WHY, "wrong", "password")]
)
def test_without_reason_or_password_nothing_opens(desk, where, password, reason, typed, field) -> None:
    response = opened(desk, password if typed is None else typed, reason)
    assert (response.status_code, list(response.context["form"].errors)) == (200, [field])
    assert response.context["form"]["reason"].value() == reason
    assert desk.get(where).status_code == 403
    assert kinds() == (["emergency_failed"] if typed == "wrong" else [])
    assert Act.objects.filter(kind="open_emergency").count() == 0


def test_guessing_the_password_is_throttled_and_recorded(desk, where, password) -> None:
    for _attempt in range(5):
        opened(desk, "wrong")
    assert list(opened(desk, password).context["form"].errors) == ["password"]
    assert kinds() == ["emergency_failed"] * 5 + ["emergency_throttled"]
    assert desk.get(where).status_code == 403


def test_time_ends_it(desk, where, password, settings) -> None:
    settings.EMERGENCY_MINUTES = 10
    with time_machine.travel(AT, tick=False) as clock:
        opened(desk, password)
        clock.shift(timedelta(minutes=9, seconds=59))
        assert desk.get(where).status_code == 200
        clock.shift(timedelta(seconds=1))
        for _page in range(2):
            assert desk.get(where).status_code == 403
    assert kinds() == ["emergency", "emergency_over"]


def test_who_opened_it_ends_it(desk, where, password) -> None:
    opened(desk, password)
    for _time in range(2):
        assert desk.post(reverse("emergency-end")).url == reverse("home")
    assert desk.get(where).status_code == 403
    assert "End now" not in desk.get(reverse("home")).content.decode()
    opening, over = Access.objects.filter(kind__startswith="emergency").order_by("number")
    assert (over.kind, over.detail) == ("emergency_over", opening.detail.split()[0])


def test_log_out_ends_it(desk, staff, where, password) -> None:
    opened(desk, password)
    desk.post(reverse("account_logout"))
    desk.force_login(staff)
    assert desk.get(where).status_code == 403


def test_idle_limit_ends_it(desk, staff, where, password, settings) -> None:
    settings.EMERGENCY_MINUTES = 120
    with time_machine.travel(AT, tick=False) as clock:
        opened(desk, password)
        clock.shift(timedelta(minutes=settings.IDLE_MINUTES, seconds=1))
        assert desk.get(where).status_code == 302
        desk.force_login(staff)
        assert desk.get(where).status_code == 403


def test_it_is_of_one_log_in_alone(desk, client_of, staff, where, password) -> None:
    opened(desk, password)
    assert client_of(staff).get(where).status_code == 403


def test_another_role_meanwhile_ends_it(desk, administrator, staff, where, password) -> None:
    opened(desk, password)
    change_account(by=administrator, user=staff, reason="agreed", role="administrator")
    assert desk.get(where).status_code == 403
    change_account(by=administrator, user=staff, reason="back", role="staff")
    assert desk.get(where).status_code == 403


def test_same_form_twice_is_one_emergency(desk, where, password) -> None:
    key = uuid4()
    for _time in range(2):
        assert opened(desk, password, form_key=key).status_code == 302
    assert (kinds(), Act.objects.filter(kind="open_emergency").count()) == (["emergency"], 1)


def test_clinic_without_emergency_access_has_no_page_for_it(desk, staff, session, password, settings) -> None:
    settings.EMERGENCY_MINUTES = 0
    assert desk.get(reverse("emergency")).status_code == 404
    assert opened(desk, password).status_code == 404
    identity = desk.get(reverse("logbook:patient", args=[session.patient.uid])).content.decode()
    assert reverse("emergency") not in identity
    with pytest.raises(Refused, match="no emergency access"):
        open_emergency(by=staff, reason=WHY)


def test_page_of_the_patient_leads_there_and_back(desk, session) -> None:
    patient = reverse("logbook:patient", args=[session.patient.uid])
    assert f"{reverse('emergency')}?next={patient}" in desk.get(patient).content.decode()
    assert f'value="{patient}"' in desk.get(reverse("emergency"), {"next": patient}).content.decode()


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "home"])
def test_it_never_leads_to_another_site(desk, password, target) -> None:
    assert opened(desk, password, next=target).url == reverse("home")


def test_long_reason_is_whole_in_the_act_and_shortened_in_the_event(desk, password) -> None:
    reason = "x" * 900
    opened(desk, password, reason)
    event = Access.objects.get(kind="emergency")
    assert (Act.objects.latest("pk").reason, len(event.detail)) == (reason, 200)


def test_emergency_opens_what_is_read_and_nothing_else(
    people: dict[str, User],
    records: dict[str, object],
    client_of: ClientOf,
    password: str,
) -> None:
    """Every route and method of the matrix again, as staff under emergency access."""
    client = client_of(people["staff"])
    opened(client, password)
    only_read = {Permission.READ_RECORDS}
    marks = {name: getattr(route.callback, MARK, None) for name, route in routes()}
    wrong = []
    for name, (get, post) in EXPECTED.items():
        if name in {"account_logout", "emergency-end", "account_login", "login-code", "first-account"}:
            continue
        for method, allowed in (("GET", get), ("POST", post)):
            reads = marks[name] is not None and marks[name] <= only_read | {Permission.FIND_PATIENTS}
            expected = bool(allowed) and (
                "s" in allowed or (method == "GET" and reads and Permission.READ_RECORDS in marks[name])
            )
            status = client.generic(method, address(name, records)).status_code
            if expected != (status in {200, 204, 302, 303}):
                wrong.append((name, method, status))
    assert wrong == []
    opened_now = sorted(name for name, mark in marks.items() if mark == only_read)
    assert {"logbook:session", "logbook:course", "logbook:consultation"} <= set(opened_now)


def test_every_look_under_emergency_is_marked(
    people: dict[str, User],
    records: dict[str, object],
    client_of: ClientOf,
    password: str,
) -> None:
    client = client_of(people["staff"])
    opened(client, password)
    before = Access.objects.latest("pk").pk
    for name, (get, _post) in EXPECTED.items():
        if get and name != "account_logout":
            client.get(address(name, records))
    client.post(reverse("logbook:patients"), {"search": "celik"})
    looks = Access.objects.filter(pk__gt=before, patient_id__isnull=False)
    assert {look.detail.split()[0] if look.detail else "" for look in looks} == {"emergency"}
    assert {"search", "session", "course", "consultation", "patient"} <= {look.kind for look in looks}
    assert Patient.objects.count() == 1
