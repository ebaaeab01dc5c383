"""What is asked a second time, with the edges; no message names a range."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from sessions.models import Observation, Phase, Result, Session
from sessions.rules.plausible import unlikely_in_observation, unlikely_in_phase, unlikely_in_result

START = datetime(2026, 1, 12, 14, 5, tzinfo=UTC)
HALF_AN_HOUR = Session(started_at=START, ended_at=START + timedelta(minutes=30))


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"current_ma": "0", "duration_min": "10"}, ["current_ma"]),
        ({"current_ma": "0"}, []),
        ({"current_ma": "99.99", "duration_min": "10"}, []),
        ({"voltage_v": "99.9"}, []),
        ({"voltage_v": "100"}, ["voltage_v"]),
        ({"current_density_ma_cm2": "9.999"}, []),
        ({"current_density_ma_cm2": "10"}, ["current_density_ma_cm2"]),
        ({"frequency_hz": "9999.9"}, []),
        ({"frequency_hz": "10000"}, ["frequency_hz"]),
        ({"duration_min": "30"}, []),
        ({"duration_min": "30.1"}, ["duration_min"]),
    ],
)
def test_phase(values, fields):
    phase = Phase(**{name: Decimal(value) for name, value in values.items()})
    problems = unlikely_in_phase(phase, HALF_AN_HOUR)
    assert [problem.field for problem in problems] == fields
    assert not any(re.search(r"\d", str(problem.message)) for problem in problems)


@pytest.mark.parametrize(
    ("measure", "before", "value", "fields"),
    [
        ("CIRC", "58.0", "69.6", []),
        ("CIRC", "58.0", "69.7", ["value"]),
        ("CIRC", "58.0", "5.8", ["value"]),
        ("WEIGHT", None, "600", []),
        ("HDSS", "1", "4", []),
    ],
)
def test_observation(measure, before, value, fields):
    observation = Observation(measure=measure, site="abdomen", side="midline", value=Decimal(value))
    earlier = {(measure, "abdomen", "midline"): Decimal(before)} if before else {}
    assert [problem.field for problem in unlikely_in_observation(observation, earlier)] == fields


@pytest.mark.parametrize(
    ("value", "unit", "fields"),
    [("99.9", "mmol/L", []), ("100", "mmol/L", ["result_value"]), ("100", "mg/dL", []), (None, "", [])],
)
def test_result(value, unit, fields):
    result = Result(result_value=Decimal(value) if value else None, result_unit=unit)
    assert [problem.field for problem in unlikely_in_result(result)] == fields
