"""A session with a row of every kind, signed, and the hand of somebody who writes past the acts."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import models

from clinic.accounts.models import User
from sessions.actions.result import record_result
from sessions.actions.screening import Decided, record_decisions
from sessions.actions.session_rows import Row
from sessions.actions.signature import add_addendum, sign_session
from sessions.models import Addendum, Answer, Sample, Session
from sessions.reports.signatures import check_signatures
from tests.factories import (
    a_draft,
    a_phase,
    an_application,
    an_observation,
    asked_today,
    at,
    ready,
)

STARTED = at(date(2026, 1, 12))
MEASURED = {
    "voltage_v": Decimal("20"),
    "frequency_hz": Decimal("5000"),
    "duty_cycle_pct": Decimal("50"),
    "pulse_width_ms": Decimal("1"),
    "current_density_ma_cm2": Decimal("0.1"),
    "charge_ma_min": Decimal("150"),
}


def a_session_of_every_kind(by: User) -> Session:
    """Signed: a late record of a session that was stopped, with every row that a session can have."""
    patient, course, device = ready(by=by)
    phase = a_phase(**MEASURED | {"current_type": "pulsed-dc"})
    application = an_application(
        phases=(phase, a_phase()),
        electrode_area_cm2=Decimal("120"),
        electrode_area_kind="pad",
        water_temperature_cel=Decimal("30"),
        medium="drug-solution",
        substance="glycopyrronium",
        concentration=Decimal("0.05"),
        concentration_unit="%",
        substance_volume_ml=Decimal("100"),
        substance_batch="B1",
        substance_expiry_date=date(2027, 1, 1),
    )
    mass = an_observation(measure="GRAV", value="85", unit="mg", collection_minutes=5, index=1)
    event = Row(
        {
            "term": "other", "term_note": "tingling", "severity": "mild", "serious": "yes",
            "serious_criterion": "hospital", "ctcae_grade": 1, "onset": "during", "onset_figure": 5,
            "outcome_date": date(2026, 1, 14), "device_incident": "yes", "incident_report": "reported on the day",
        }
    )  # fmt: skip
    sample = Row(
        {
            "sample_id": "A-1", "site": "forearm", "side": "left", "collector": "coil", "pooled": "no",
            "collected_from": STARTED, "collected_until": STARTED + timedelta(minutes=30), "volume_ul": Decimal("30"),
            "mass_mg": Decimal("30"), "sufficiency": "sufficient", "blood_value": Decimal("5"), "blood_unit": "mmol/L",
            "blood_taken_at": STARTED, "sent_at": STARTED + timedelta(hours=1),
        }
    )  # fmt: skip
    draft = a_draft(
        by=by,
        course=course,
        device=device,
        started=STARTED,
        status="stopped",
        outcome_reason="pain",
        late_record=True,
        late_reason="Found in the paper notes.",
        incident_note="Nothing came of it.",
        events_answer="observed",
        replies=asked_today(skin="yes"),
        applications=(application,),
        observations=(an_observation(), mass),
        events=(event,),
        samples=(sample,),
    )
    decide(by, draft, "Covered.")
    signed = sign_session(by=by, session=draft, version=draft.version)
    values = {"sufficiency": "sufficient", "comparator": "=", "result_value": Decimal("20"), "result_unit": "mmol/L"}
    record_result(by=by, sample=Sample.objects.get(session=draft), values=values)
    add_addendum(by=by, session=signed, text="Seen again by telephone.")
    assert patient.pk == signed.patient_id
    return Session.objects.get(pk=signed.pk)


def decide(by: User, session: Session, reason: str) -> None:
    """A physician's decision on the skin answer of this session."""
    answer = Answer.objects.get(screening__session=session, item="skin")
    decided = Decided(answer.pk, "proceed", reason, date(2026, 1, 12))
    record_decisions(by=by, patient=session.patient, decisions=[decided])


def write(row: models.Model, **values: Any) -> None:
    """Write past the acts, as somebody with the database in hand does."""
    models.QuerySet(type(row)).filter(pk=row.pk).update(**values)


def insert(row: models.Model) -> models.Model:
    """Insert past the acts."""
    return models.QuerySet(type(row)).bulk_create([row])[0]


def kinds() -> set[str]:
    """The kinds of all that the check of all signatures finds."""
    return {kind for kind, _record, _words in check_signatures()}


def an_unsigned_addendum(session: Session) -> models.Model:
    return insert(Addendum(session=session, text="Slipped in."))
