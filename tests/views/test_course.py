"""The pages of a course."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.accounts.models import User
from clinic.audit.models import Access
from sessions.models import Course
from tests.factories import a_course, a_draft, a_patient, a_signed_session, an_observation, at, ready

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


def typed(physician: User, **values: Any) -> dict[str, Any]:
    given = {
        "indication": "hyperhidrosis",
        "sites": ["palm", "sole"],
        "consultation": "",
        "physician": str(physician.pk),
        "planned_sessions": "7",
        "opened_date": "2026-01-05",
        "goal": "",
        "previous": "",
    }
    return {"form_key": str(uuid4())} | given | values


def test_first_the_indication_then_its_sites(client_of: ClientOf, physician: User) -> None:
    patient = a_patient(by=physician)
    address = reverse("logbook:course-new", args=[patient.uid])
    client = client_of(physician)
    assert [code for code, _label, _sites in client.get(address).context["choices"]] == [
        "hyperhidrosis",
        "cellulite",
        "extraction",
    ]
    form = client.get(f"{address}?indication=extraction").context["form"]
    assert [code for code, _label in form.fields["sites"].choices] == ["forearm", "wrist", "arm", "thigh", "other"]
    assert (form["planned_sessions"].value(), form["physician"].value(), "checked" in str(form["sites"])) == (
        None,
        physician.pk,
        False,
    )
    assert client.get(f"{address}?indication=nonsense").context["choices"]


def test_open(client_of: ClientOf, physician: User) -> None:
    patient = a_patient(by=physician)
    response = client_of(physician).post(reverse("logbook:course-new", args=[patient.uid]), typed(physician))
    course = Course.objects.get()
    assert response.url == reverse("logbook:course", args=[course.uid])
    assert ([row.site for row in course.sites.all()], course.planned_sessions) == (["palm", "sole"], 7)


def test_open_sent_twice_stores_one(client_of: ClientOf, physician: User) -> None:
    patient = a_patient(by=physician)
    client, sent = client_of(physician), typed(physician)
    for _ in range(2):
        client.post(reverse("logbook:course-new", args=[patient.uid]), sent)
    assert Course.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sites", ["hip"]),
        ("sites", []),
        ("planned_sessions", "-1"),
        ("planned_sessions", "0"),
        ("planned_sessions", "12.5"),
        ("planned_sessions", "99999"),
        ("planned_sessions", "many"),
        ("opened_date", "2999-01-01"),
        ("opened_date", "2026-13-01"),
        ("goal", "a\x00"),
        ("consultation", "12345"),
        ("previous", "12345"),
        ("physician", ""),
    ],
)
def test_open_bad_input_comes_back_at_its_field(client_of: ClientOf, physician: User, field: str, value: Any) -> None:
    patient = a_patient(by=physician)
    sent = typed(physician) | ({"goal": "dry palms"} if field != "goal" else {}) | {field: value}
    response = client_of(physician).post(reverse("logbook:course-new", args=[patient.uid]), sent)
    form = response.context["form"]
    assert (response.status_code, list(form.errors)) == (200, [field])
    assert form[field].value() == value
    assert Course.objects.count() == 0


def test_page_of_a_course_shows_progress_and_series(client_of: ClientOf, physician: User) -> None:
    patient, course, device = ready(by=physician)
    for day, score in ((12, "4"), (14, "2")):
        a_signed_session(
            by=physician,
            course=course,
            device=device,
            started=at(date(2026, 1, day)),
            observations=(an_observation(value=score),),
        )
    client, address = client_of(physician), reverse("logbook:course", args=[course.uid])
    client.get(address)
    with CaptureQueriesContext(connection) as two:
        board = client.get(address).context["board"]
    assert (board.performed, board.planned, [[cell for _column, cell in row.cells] for row in board.rows]) == (
        2,
        7,
        [["4"], ["2"]],
    )
    line = board.first_and_last[0]
    assert (line.first, line.first_on, line.last, line.last_on) == ("4", date(2026, 1, 12), "2", date(2026, 1, 14))
    a_signed_session(by=physician, course=course, device=device, started=at(date(2026, 1, 16)))
    with CaptureQueriesContext(connection) as three:
        client.get(address)
    assert len(three) == len(two)
    assert set(Access.objects.exclude(patient_id=None).values_list("kind", "patient_id")) == {("course", patient.pk)}


def test_page_of_a_course_draws_what_is_signed_and_names_what_is_not(client_of: ClientOf, physician: User) -> None:
    _patient, course, device = ready(by=physician)
    client, address = client_of(physician), reverse("logbook:course", args=[course.uid])
    a_draft(by=physician, course=course, device=device, started=at(date(2026, 1, 12)))
    drafts_alone = client.get(address)
    assert (drafts_alone.context["drawings"], drafts_alone.content.decode().count("<svg")) == ([], 0)
    a_signed_session(
        by=physician,
        course=course,
        device=device,
        started=at(date(2026, 1, 14)),
        status="stopped",
        outcome_reason="pain",
        observations=(an_observation(value="2"),),
    )
    page = client.get(address).content.decode()
    drawings = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert [re.search('aria-labelledby="(.*?)"', drawing)[1] for drawing in drawings] == [  # type: ignore[index]
        "board-wide-title board-wide-desc",
        "board-narrow-title board-narrow-desc",
    ]
    assert [drawing.count("14/01/2026") > 0 for drawing in drawings] == [True, True]
    assert [drawing.count("12/01/2026") for drawing in drawings] == [0, 0]
    assert (page.count('href="#sessions"'), page.count('id="sessions"')) == (1, 1)
    assert [(row.reason, row.phase) for row in client.get(address).context["board"].rows] == [
        ("", "traitement d’attaque"),
        ("douleur", "traitement d’attaque"),
    ]
    assert client.get(address).context["note"].count("1 ") == 1


def test_correct_and_end(client_of: ClientOf, physician: User) -> None:
    course = a_course(by=physician, patient=a_patient(by=physician))
    client = client_of(physician)
    sent = typed(physician, planned_sessions="9", status="on-hold", version="1", reason="holiday")
    assert client.post(reverse("logbook:course-edit", args=[course.uid]), sent).status_code == 302
    changed = Course.objects.get()
    assert (changed.planned_sessions, changed.status, changed.version) == (9, "on-hold", 2)
    ending = {
        "form_key": str(uuid4()),
        "version": "2",
        "ended_date": "2026-01-04",
        "end_reason": "moved",
        "end_note": "to Lyon",
    }
    refused = client.post(reverse("logbook:course-end", args=[course.uid]), ending)
    assert (list(refused.context["form"].errors), refused.context["form"]["end_note"].value()) == (
        ["ended_date"],
        "to Lyon",
    )
    assert (
        client.post(reverse("logbook:course-end", args=[course.uid]), ending | {"ended_date": "2026-02-01"}).status_code
        == 302
    )
    assert (Course.objects.get().status, Course.objects.get().end_note) == ("stopped", "to Lyon")


def test_end_without_a_reason_comes_back(client_of: ClientOf, physician: User) -> None:
    course = a_course(by=physician, patient=a_patient(by=physician))
    sent = {"form_key": str(uuid4()), "version": "1", "ended_date": "2026-02-01", "end_note": ""}
    response = client_of(physician).post(reverse("logbook:course-end", args=[course.uid]), sent)
    assert list(response.context["form"].errors) == ["end_reason"]


@pytest.mark.parametrize(
    ("role", "statuses"),
    [("physician", [200] * 4), ("auditor", [200, 403, 403, 403]), ("staff", [403] * 4), ("administrator", [403] * 4)],
)
def test_roles(
    client_of: ClientOf, request: pytest.FixtureRequest, physician: User, role: str, statuses: list[int]
) -> None:
    course = a_course(by=physician, patient=a_patient(by=physician))
    client = client_of(request.getfixturevalue(role))
    addresses = [reverse(f"logbook:{name}", args=[course.uid]) for name in ("course", "course-edit", "course-end")]
    addresses.append(reverse("logbook:course-new", args=[course.patient.uid]))
    assert [client.get(address).status_code for address in addresses] == statuses


def test_anonymous_is_sent_to_log_in(client: Client, physician: User) -> None:
    course = a_course(by=physician, patient=a_patient(by=physician))
    assert client.get(reverse("logbook:course", args=[course.uid])).url.startswith(reverse("account_login"))
