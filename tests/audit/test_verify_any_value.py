"""Whatever a form accepts: the chain seals what the engine made of it, and the verifier has nothing to say."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from clinic.audit.verify import verify
from clinic.lib.problems import Refused
from sessions.actions.device import change_device, register_device
from sessions.actions.patient import change_patient
from sessions.actions.session import log_session
from tests.factories import a_patient, a_phase, an_application, an_entry, an_observation, at, ready

DECIMALS = some.decimals(min_value=0, max_value=10**7, allow_nan=False, allow_infinity=False) | some.decimals(
    min_value=0, max_value=200, places=7
)
TEXTS = some.text(max_size=60) | some.text(alphabet="\x00\x85\ud800\ufffd'\"\\%{}\u2028😀é\u0301\n\t ", max_size=20)
DAYS = some.dates() | some.sampled_from([date.min, date.max, date(2024, 2, 29), date(999, 12, 31)])
JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | some.text(max_size=5),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.usefixtures("places")
@settings(
    max_examples=25,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=some.data())
def test_whatever_is_stored_verifies(physician, data):
    taken = 0
    for work in (_device, _patient, _session):
        try:
            work(physician, data.draw)
            taken += 1
        except Refused:
            continue
    assert verify()[1] == [], taken


def _device(by, draw) -> None:
    device = register_device(
        by=by,
        values={
            "maker": draw(TEXTS),
            "model": draw(TEXTS),
            "serial_number": uuid4().hex,
            "in_service_date": draw(DAYS),
        },
    )
    change_device(
        by=by, device=device, values={"note": draw(TEXTS)}, reason=draw(TEXTS) or "so", version=device.version
    )


def _patient(by, draw) -> None:
    patient = a_patient(by=by, birth_date=draw(some.dates(date(1900, 1, 1), date(2026, 1, 1))))
    change_patient(
        by=by,
        patient=patient,
        values={"family_name": draw(TEXTS), "given_names": draw(TEXTS), "birth_date": draw(DAYS)},
        reason=draw(TEXTS),
        version=patient.version,
    )


def _session(by, draw) -> None:
    _one, course, device = ready(by=by)
    started = at(date(2026, 1, 12)) + timedelta(microseconds=draw(some.integers(0, 10**11)))
    phase = a_phase(
        current_ma=draw(DECIMALS),
        duration_min=draw(DECIMALS),
        frequency_hz=draw(some.none() | DECIMALS),
        as_typed=draw(some.dictionaries(some.text(max_size=4), JSON, max_size=3)),
    )
    observation = an_observation(value=str(draw(DECIMALS)))
    entry = an_entry(
        by=by,
        device=device,
        started=started,
        notes=draw(TEXTS),
        applications=(an_application(phases=(phase,), electrode_area_cm2=draw(some.none() | DECIMALS)),),
        observations=(observation,),
    )
    log_session(by=by, course=course, entry=entry, key=uuid4())


def test_strategies_reach_what_is_stored(physician):
    """The property would hold of nothing, were everything refused."""
    assert Decimal(10) ** 7 > 0
    _device_of = register_device(
        by=physician, values={"maker": "😀", "model": "\u2028", "serial_number": "1", "in_service_date": date.max}
    )
    assert _device_of.pk
