"""What a session, its rows and its results may hold, with the edges."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from sessions.models import AdverseEvent, Application, Observation, Phase, Result, Sample, Session
from sessions.rules.result import why_not_result
from sessions.rules.session import (
    why_not_application,
    why_not_event,
    why_not_observation,
    why_not_phase,
    why_not_sample,
    why_not_then,
    why_not_these_words,
)

NOW = datetime(2026, 3, 12, 14, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def said(problems):
    return [(problem.field, problem.code) for problem in problems]


@pytest.mark.parametrize(
    ("started", "ended", "expected"),
    [
        (None, None, []),
        (NOW, NOW, []),
        (NOW + 5 * MINUTE, None, []),
        (NOW + 6 * MINUTE, None, [("started_at", "future")]),
        (NOW - MINUTE, NOW + 6 * MINUTE, [("ended_at", "future")]),
        (NOW, NOW - MINUTE, [("ended_at", "order")]),
        (NOW - timedelta(hours=12), NOW, []),
        (NOW - timedelta(hours=12, minutes=1), NOW, [("ended_at", "order")]),
        (datetime(1985, 9, 7, tzinfo=UTC), None, []),
        (datetime(1985, 9, 6, tzinfo=UTC), None, [("started_at", "before-birth")]),
    ],
)
def test_times(started, ended, expected):
    session = Session(started_at=started, ended_at=ended)
    day = started.date() if started else None
    problems = why_not_then(session, now=NOW, day=day, birth_date=date(1985, 9, 7), longest_hours=12)
    assert said(problems) == expected


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"status": "completed"}, []),
        ({"status": "completed", "outcome_reason": "pain"}, ["outcome_reason"]),
        ({"status": "stopped", "outcome_reason": "pain"}, []),
        ({"status": "not-done", "late_record": True}, ["late_record"]),
        ({"late_reason": "x"}, ["late_record"]),
        ({"late_record": True, "late_reason": "x", "incident_note": "y"}, []),
    ],
)
def test_words(values, fields):
    assert [problem.field for problem in why_not_these_words(Session(**values))] == fields


def observed(**values):
    given = {"measure": "HDSS", "unit": "{score}", "site": "palm", "side": "left", "value": "3"}
    given |= values
    given["value"] = Decimal(given["value"]) if given["value"] else None
    return Observation(**given)


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({}, []),
        ({"value": "1"}, []),
        ({"value": "0"}, ["value"]),
        ({"value": "4"}, []),
        ({"value": "5"}, ["value"]),
        ({"value": "2.5"}, ["value"]),
        ({"value": ""}, ["value"]),
        ({"unit": "mg"}, ["unit"]),
        ({"side": ""}, ["side"]),
        ({"site": ""}, ["site"]),
        ({"measure": "CSS"}, ["measure"]),
        ({"measure": "DLQI", "value": "30", "site": "", "side": ""}, []),
        ({"measure": "DLQI", "value": "31", "site": "", "side": ""}, ["value"]),
        ({"measure": "GRAV", "unit": "mg", "value": "85"}, ["collection_minutes"]),
        ({"measure": "GRAV", "unit": "mg", "value": "85", "collection_minutes": Decimal(5)}, []),
        ({"measure": "GRAV", "unit": "mg/(5.min)", "value": "85"}, []),
        ({"measure": "MINOR", "value": "3"}, ["scale_name"]),
        ({"measure": "MINOR", "value": "3", "scale_name": "clinic 0–5", "scale_maximum": Decimal(5)}, []),
        ({"measure": "MINOR", "value": "6", "scale_name": "clinic 0–5", "scale_maximum": Decimal(5)}, ["value"]),
    ],
)
def test_observation(values, fields):
    assert [problem.field for problem in why_not_observation(observed(**values), "hyperhidrosis")] == fields


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({}, []),
        ({"anode_site": "palm"}, ["anode_side"]),
        ({"anode_site": "return"}, []),
        ({"cathode_site": "sole", "cathode_side": "left"}, []),
        ({"current_ma": Decimal(0)}, ["current_kind"]),
        ({"current_kind": "set"}, ["current_ma"]),
        ({"frequency_hz": Decimal(1), "current_type": "dc"}, ["frequency_hz"]),
        ({"frequency_hz": Decimal(1), "current_type": "pulsed-dc"}, []),
        ({"duration_min": Decimal(1440)}, []),
        ({"duration_min": Decimal("1440.1")}, ["duration_min"]),
    ],
)
def test_phase(values, fields):
    assert [problem.field for problem in why_not_phase(Phase(**values))] == fields


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"site": "palm"}, []),
        ({"site": "abdomen"}, ["site"]),
        ({"site": "palm", "concentration": Decimal(1)}, ["concentration_unit"]),
        ({"site": "palm", "concentration_unit": "%"}, ["concentration"]),
        ({"site": "palm", "concentration_unit": "%", "concentration": Decimal(100)}, []),
        ({"site": "palm", "concentration_unit": "%", "concentration": Decimal("100.1")}, ["concentration"]),
        ({"site": "palm", "concentration_unit": "mg/mL", "concentration": Decimal(200)}, []),
    ],
)
def test_application(values, fields):
    assert [problem.field for problem in why_not_application(Application(**values), "hyperhidrosis")] == fields


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"serious": "no"}, []),
        ({"serious": "yes"}, ["serious_criterion"]),
        ({"serious": "yes", "serious_criterion": "hospital"}, []),
        ({"serious": "no", "serious_criterion": "hospital"}, ["serious_criterion"]),
        ({"serious": "no", "term": "other"}, ["term_note"]),
        ({"serious": "no", "device_incident": "yes"}, ["incident_report"]),
        ({"serious": "no", "onset_figure": 3}, ["onset"]),
    ],
)
def test_event(values, fields):
    assert [problem.field for problem in why_not_event(AdverseEvent(**values))] == fields


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({}, []),
        ({"collected_from": NOW, "collected_until": NOW - MINUTE}, ["collected_until"]),
        ({"sent_at": NOW + 6 * MINUTE}, ["sent_at"]),
        ({"sufficiency": "sufficient", "volume_ul": Decimal(0)}, ["sufficiency"]),
        ({"sufficiency": "insufficient", "volume_ul": Decimal(0)}, []),
        ({"blood_value": Decimal(5)}, ["blood_unit"]),
    ],
)
def test_sample(values, fields):
    assert [problem.field for problem in why_not_sample(Sample(**values), NOW)] == fields


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"sufficiency": "insufficient"}, []),
        (
            {"sufficiency": "insufficient", "result_value": Decimal(0), "comparator": "=", "result_unit": "mmol/L"},
            ["result_value"],
        ),
        ({"sufficiency": "sufficient"}, ["result_value"]),
        ({"sufficiency": "sufficient", "interpretation": "see report"}, []),
        ({"sufficiency": "sufficient", "result_value": Decimal(10)}, ["comparator", "result_unit"]),
        ({"sufficiency": "sufficient", "result_value": Decimal(10), "comparator": "<", "result_unit": "mmol/L"}, []),
        ({"sufficiency": "insufficient", "received_at": NOW, "reported_at": NOW - MINUTE}, ["reported_at"]),
        ({"sufficiency": "insufficient", "reported_at": NOW + MINUTE}, ["reported_at"]),
    ],
)
def test_result(values, fields):
    assert [problem.field for problem in why_not_result(Result(**values), Sample(), NOW)] == fields
