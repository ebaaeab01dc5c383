"""The session form and record in a browser's words: works, refuses with everything kept, stores once."""

import re
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.audit.models import Access
from sessions.measures.quantities import QUANTITIES
from sessions.models import Application, Device, Phase, Session
from tests.factories import a_draft, a_signed_session, at, ready
from tests.views.session_form import APPLICATION, EVENT, OBSERVATION, PHASE, posted

pytestmark = pytest.mark.django_db


@pytest.fixture
def course(physician):
    return ready(by=physician)[1]


@pytest.fixture
def device(physician, course):
    return Device.objects.get()


@pytest.fixture
def client(client_of, physician):
    return client_of(physician)


def new(course):
    return reverse("logbook:session-new", args=[course.uid])


def test_session_form_logs_a_draft_and_comes_back_to_it(client, course, physician, device):
    answer = client.post(new(course), posted(physician=physician, device=device))
    session = Session.objects.get()
    assert (answer.status_code, answer.url) == (302, reverse("logbook:session-edit", args=[session.uid]))
    assert session.record_status == "preliminary"
    assert session.applications.get().phases.get().current_ma == Decimal("15.00")
    page = client.get(answer.url).content.decode()
    assert 'value="15,0"' in page


def test_session_form_takes_comma_and_point(client, course, physician, device):
    phases = [PHASE | {"current_ma": "12,5"}, PHASE | {"current_ma": "12.5"}]
    client.post(
        new(course), posted(physician=physician, device=device, applications=[APPLICATION | {"phases": phases}])
    )
    assert [(phase.current_ma, phase.as_typed) for phase in Phase.objects.all()] == [
        (Decimal("12.50"), {"current_ma": "12,5"}),
        (Decimal("12.50"), {}),
    ]


def test_session_form_stores_kilohertz_as_hertz_and_keeps_what_was_typed(client, course, physician, device):
    phase = PHASE | {"current_type": "pulsed-dc", "frequency_hz": "4,3", "frequency_unit": "kHz"}
    client.post(
        new(course), posted(physician=physician, device=device, applications=[APPLICATION | {"phases": [phase]}])
    )
    stored = Phase.objects.get()
    assert (stored.frequency_hz, stored.as_typed["frequency_hz"], stored.as_typed["frequency_unit"]) == (
        Decimal("4300.0"),
        "4,3",
        "kHz",
    )


def test_session_form_sent_twice_stores_one(client, course, physician, device):
    data = posted(physician=physician, device=device)
    first, second = client.post(new(course), data), client.post(new(course), data)
    assert (first.status_code, second.status_code) == (302, 302)
    assert Session.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"started_at": "2026-02-31T10:00"}, "started_at"),
        ({"started_at": "tomorrow"}, "started_at"),
        ({"started_at": "2126-01-12T14:05", "ended_at": ""}, "started_at"),
        ({"ended_at": "2026-01-12T13:00"}, "ended_at"),
        ({"pain_nrs": "eleven"}, "pain_nrs"),
        ({"pain_nrs": "11"}, "pain_nrs"),
        ({"pain_nrs": "9" * 30}, "pain_nrs"),
        ({"device": "999999"}, "device"),
        ({"status": "done"}, "status"),
        ({"notes": "n" * 10_001}, "notes"),
        ({"notes": "a\x00b"}, "notes"),
        ({"notes": "right\u202eleft"}, "notes"),
        ({"notes": "broken \ufffd"}, "notes"),
        ({"phases-0-0-current_ma": "1.000,5"}, "phases-0-0-current_ma"),
        ({"phases-0-0-current_ma": "fifteen"}, "phases-0-0-current_ma"),
        ({"phases-0-0-current_ma": "15 mA"}, "phases-0-0-current_ma"),
        ({"phases-0-0-current_ma": "1e1"}, "phases-0-0-current_ma"),
        ({"phases-0-0-current_ma": "NaN"}, "phases-0-0-current_ma"),
        ({"phases-0-0-current_ma": "-3"}, "phases-0-0-current_ma"),
        ({"phases-0-0-current_ma": "0,0005"}, "phases-0-0-current_ma"),
        ({"phases-0-0-current_ma": "9999999"}, "phases-0-0-current_ma"),
        ({"phases-0-0-current_kind": ""}, "phases-0-0-current_kind"),
        ({"phases-0-0-frequency_hz": "100"}, "phases-0-0-frequency_unit"),
        ({"applications-0-concentration": "5"}, "applications-0-concentration_unit"),
        ({"applications-0-side": ""}, "applications-0-side"),
        ({"applications-0-site": "abdomen"}, "applications-0-site"),
        ({"observations-0-value": "5"}, "observations-0-value"),
        ({"observations-0-value": ""}, "observations-0-value"),
        ({"observations-0-measure": "GRAV", "observations-0-unit": ""}, "observations-0-unit"),
        ({"observations-0-unit": "mg"}, "observations-0-unit"),
        ({"observations-0-side": ""}, "observations-0-side"),
        ({"reply_iud": "perhaps"}, "reply_iud"),
        ({"reply_heart_disease": "not-applicable"}, "reply_heart_disease"),
        ({"reply_heart_disease": "yes"}, "status"),
    ],
)
def test_session_form_with_bad_input_comes_back_with_everything_typed(
    client, course, physician, device, changes, field
):
    data = posted(
        physician=physician,
        device=device,
        outcome_note="typed & kept",
        **{"applications-0-water_level": "up to the wrist"},
    )
    answer = client.post(new(course), data | changes)
    page = answer.content.decode("utf-8", "surrogatepass")
    assert answer.status_code == 200
    assert f'id="id_{field}_error"' in page
    assert f'href="#id_{field}_group"' in page
    assert 'value="typed &amp; kept"' in page
    assert 'value="up to the wrist"' in page
    assert (Session.objects.count(), Application.objects.count()) == (0, 0)


def test_session_form_with_phases_and_no_pole_is_kept_as_draft_and_named_before_signing(
    client, course, physician, device
):
    phases = [PHASE | {"anode_site": "", "anode_side": ""}, PHASE | {"cathode_site": "", "cathode_side": ""}]
    data = posted(physician=physician, device=device, then="review", applications=[APPLICATION | {"phases": phases}])
    page = client.get(client.post(new(course), data).url).content.decode()
    assert "#id_phases-0-0-anode_site_group" in page
    assert "#id_phases-0-1-cathode_site_group" in page


def test_session_form_asks_for_one_more_row_without_saving_or_judging(client, course, physician):
    data = posted(physician=physician, observations=[], **{"phases-0-0-current_ma": "fifteen"})
    page = client.post(new(course), data | {"add": "phases-0"}).content.decode()
    assert 'name="phases-0-1-current_ma"' in page
    assert 'value="fifteen"' in page
    assert 'class="error"' not in page
    assert Session.objects.count() == 0


def test_session_is_saved_after_one_more_application_was_asked_for(client, course, physician, device):
    asked = posted(physician=physician, device=device) | {"add": "applications"}
    page = client.post(new(course), asked).content.decode()
    counts = dict(re.findall(r'name="(phases-1-(?:TOTAL|INITIAL)_FORMS)" value="(\d*)"', page))
    assert counts == {"phases-1-TOTAL_FORMS": "1", "phases-1-INITIAL_FORMS": "0"}
    second = {f"applications-1-{name}": value for name, value in APPLICATION.items()}
    typed = posted(physician=physician, device=device) | counts | second | {"applications-TOTAL_FORMS": "2"}
    assert client.post(new(course), typed).status_code == 302
    assert Application.objects.count() == 2


def test_session_form_has_no_value_in_any_documented_setting(client, course, physician, device):
    a_signed_session(by=physician, course=course, device=device)
    page = client.get(new(course)).content.decode()
    assert "14,5" in page
    for name in QUANTITIES:
        for tag in re.findall(rf'<input[^>]*name="[^"]*-{name}"[^>]*>', page):
            assert "value=" not in tag
            assert "placeholder=" not in tag
    for select in re.findall(
        r'<select name="(?:phases|applications|observations|events)-[^>]*>.*?</select>', page, re.S
    ):
        assert 'value="" selected' in select
    assert "checked" not in page


def test_session_form_of_each_indication_has_its_own_fields(client, physician):
    names = {}
    for indication, sites in (("hyperhidrosis", ("palm",)), ("cellulite", ("abdomen",)), ("extraction", ("forearm",))):
        course = ready(by=physician, indication=indication, sites=sites)[1]
        names[indication] = set(re.findall(r'name="([^"]+)"', client.get(new(course)).content.decode()))
    assert {"course_phase", "dominant_hand", "dryness_before"} <= names["hyperhidrosis"]
    assert {"combined_procedures", "position"} <= names["cellulite"]
    assert {"extraction_mode", "analyte", "samples-0-sufficiency", "samples-0-blood_value"} <= names["extraction"]
    assert "course_phase" not in names["cellulite"] | names["extraction"]
    assert "samples-0-site" not in names["hyperhidrosis"] | names["cellulite"]


def test_session_is_signed_with_the_password_and_read(client, course, physician, device, password):
    session = a_draft(by=physician, course=course, device=device)
    sign = reverse("logbook:session-sign", args=[session.uid])
    form = {"form_key": "8f6b3c1e-7d0c-4f6c-9a50-0123456789ab", "version": "1"}
    wrong = client.post(sign, form | {"password": "not mine"})
    assert 'id="id_password_error"' in wrong.content.decode()
    assert Session.objects.get().record_status == "preliminary"
    right = client.post(sign, form | {"password": password})
    assert right.url == reverse("logbook:session", args=[session.uid])
    page = client.get(right.url).content.decode()
    assert "Dr Jeanne Morel" in page
    assert "14,5" in page


def test_session_sign_is_throttled_after_wrong_passwords(client, course, physician, device, password):
    session = a_draft(by=physician, course=course, device=device)
    sign = reverse("logbook:session-sign", args=[session.uid])
    form = {"form_key": "8f6b3c1e-7d0c-4f6c-9a50-0123456789ab", "version": "1"}
    for _try in range(5):
        client.post(sign, form | {"password": "not mine"})
    client.post(sign, form | {"password": password})
    assert Session.objects.get().record_status == "preliminary"


def test_session_with_event_and_amended_keeps_the_story(client, course, physician, device, password):
    data = posted(physician=physician, device=device, events=[EVENT], events_answer="observed")
    client.post(new(course), data)
    session = Session.objects.get()
    form = {"form_key": "8f6b3c1e-7d0c-4f6c-9a50-0123456789ab", "version": "1", "password": password}
    client.post(reverse("logbook:session-sign", args=[session.uid]), form)
    session.refresh_from_db()
    application = session.applications.get()
    amended = posted(
        physician=physician,
        device=device,
        events=[EVENT | {"id": session.events.get().pk, "severity": "moderate"}],
        events_answer="observed",
        applications=[APPLICATION | {"id": application.pk, "phases": [PHASE | {"id": application.phases.get().pk}]}],
        observations=[OBSERVATION | {"id": session.observations.get().pk}],
        initial={"applications": 1, "phases-0": 1, "observations": 1, "events": 1},
        version=session.version,
        reason="It was worse",
        password=password,
    )
    answer = client.post(reverse("logbook:session-amend", args=[session.uid]), amended)
    assert answer.status_code == 302
    session.refresh_from_db()
    assert (session.record_status, session.revision, session.events.get().severity) == ("amended", 2, "moderate")
    record = client.get(reverse("logbook:session", args=[session.uid])).content.decode()
    assert record.count("It was worse") == 1


def test_session_page_records_the_look(client, course, physician, device):
    session = a_draft(by=physician, course=course, device=device)
    before = list(Access.objects.values_list("pk", flat=True))
    client.get(reverse("logbook:session", args=[session.uid]))
    assert [(look.by, look.patient_id, look.kind) for look in Access.objects.exclude(pk__in=before)] == [
        (physician, session.patient_id, "session")
    ]


def test_session_pages_ask_for_the_same_queries_with_one_row_and_three(client, course, physician, device):
    def queries(session):
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("logbook:session", args=[session.uid]))
        return len(captured)

    first = a_draft(by=physician, course=course, device=device)
    client.get(reverse("logbook:session", args=[first.uid]))
    few = queries(first)
    data = posted(
        physician=physician,
        device=device,
        observations=[OBSERVATION] * 3,
        applications=[APPLICATION | {"phases": [PHASE] * 3}] * 3,
    )
    client.post(new(course), data)
    assert queries(Session.objects.latest("pk")) == few


def test_session_in_error_is_struck_through_and_readable(client, course, physician, device):
    session = a_signed_session(by=physician, course=course, device=device, started=at(date(2026, 1, 13)))
    form = {"form_key": "8f6b3c1e-7d0c-4f6c-9a50-0123456789ab", "version": session.version, "reason": "Wrong patient"}
    client.post(reverse("logbook:session-error", args=[session.uid]), form)
    page = client.get(reverse("logbook:session", args=[session.uid])).content.decode()
    assert "Wrong patient" in page
    assert "struck" in page
    assert "14,5" in page


def test_session_form_asks_for_an_unlikely_figure_again_and_records_that_it_did(client, course, physician, device):
    application = APPLICATION | {"phases": [PHASE | {"duration_min": "200"}]}
    data = posted(physician=physician, device=device, applications=[application])
    page = client.post(new(course), data).content.decode()
    assert 'name="phases-0-0-duration_min-again"' in page
    assert Session.objects.count() == 0
    differing = client.post(new(course), data | {"phases-0-0-duration_min-again": "20"}).content.decode()
    assert 'value="20"' in differing
    assert Session.objects.count() == 0
    answer = client.post(new(course), data | {"phases-0-0-duration_min-again": "200,0"})
    assert answer.status_code == 302
    assert Phase.objects.get().retyped == ["duration_min"]


@pytest.mark.parametrize(("measure", "unit", "errors"), [("HDSS", "", 0), ("GRAV", "", 1), ("GRAV", "mg/min", 0)])
def test_session_form_asks_for_a_unit_only_where_there_is_a_choice(
    client, course, physician, device, measure, unit, errors
):
    row = OBSERVATION | {"measure": measure, "unit": unit}
    response = client.post(
        reverse("logbook:session-new", args=[course.uid]),
        posted(physician=physician, device=device, observations=[row]),
    )
    assert Session.objects.count() == 1 - errors
    assert (response.status_code, len(response.context["problems"]) if errors else 0) == (
        200 if errors else 302,
        errors,
    )


def test_sample_number_given_twice_is_named_at_its_field(client, physician):
    course = ready(by=physician, indication="extraction", sites=("forearm",))[1]
    sample = {"sample_id": "S-1", "site": "forearm", "side": "left"}
    data = posted(
        physician=physician, applications=[], observations=[], samples=[sample, sample | {"side": "right"}]
    ) | {"course_phase": ""}
    answer = client.post(new(course), data)
    assert [anchor for anchor, _label, _message in answer.context["problems"]] == [
        "id_samples-0-sample_id_group",
        "id_samples-1-sample_id_group",
    ]
    assert client.post(new(course), data | {"samples-1-sample_id": "S-2"}).status_code == 302
    answer = client.post(
        new(course), data | {"samples-0-sample_id": "S-3", "form_key": str(uuid4())} | {"samples-1-sample_id": "S-2"}
    )
    assert [anchor for anchor, _label, _message in answer.context["problems"]] == ["id_samples-1-sample_id_group"]


def test_session_that_waits_for_a_decision_leads_to_the_decisions(client, course, physician, device):
    client.post(new(course), posted(physician=physician, device=device, reply_pregnancy="yes"))
    page = client.get(reverse("logbook:session-sign", args=[Session.objects.get().uid]))
    decisions = reverse("logbook:decisions", args=[course.patient.uid])
    assert page.content.decode().count(f'<li><a href="{decisions}">') == 1


def test_course_keeps_masses_of_sweat_apart_that_were_collected_for_different_times(client, course, physician, device):
    mass = OBSERVATION | {"measure": "GRAV", "unit": "mg", "value": "80"}
    rows = [mass | {"collection_minutes": "5"}, mass | {"collection_minutes": "2,5", "value": "40"}]
    client.post(new(course), posted(physician=physician, device=device, observations=rows))
    page = client.get(reverse("logbook:course", args=[course.uid]))
    assert [column.unit for column in page.context["board"].columns] == ["mg / 2,5 min", "mg / 5 min"]
