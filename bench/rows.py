"""The people and rows that the figures are about."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from clinic.accounts.actions import create_account
from clinic.accounts.models import User
from sessions.actions.course import open_course
from sessions.actions.device import register_device
from sessions.actions.patient import register_patient
from sessions.actions.screening import record_consultation
from sessions.actions.session_rows import Entry, Row
from sessions.measures.answers import EACH_SESSION, ITEMS
from sessions.models import Course, Device

START = date(2022, 1, 3)


def physician() -> User:
    return create_account(
        by=None, username="bench", full_name="Dr Bench", role="physician", password="a long word for nobody", must_change_password=False
    )  # fmt: skip


def device(by: User) -> Device:
    return register_device(by=by, values={"maker": "Bench", "model": "One", "serial_number": "1"})


def course(by: User, name: str) -> Course:
    """A course of a new patient with everything asked."""
    patient = register_patient(
        by=by, values={"family_name": name, "given_names": "Bench", "birth_date": date(1980, 1, 1), "sex": "female"}
    )  # fmt: skip
    consultation = record_consultation(
        by=by, patient=patient, values={"held_date": START, "physician": by}, answers={item.code: ("no", "") for item in ITEMS}
    )  # fmt: skip
    values = {
        "indication": "hyperhidrosis", "consultation": consultation, "physician": by, "goal": "", "planned_sessions": 7,
        "opened_date": START,
    }  # fmt: skip
    return open_course(by=by, patient=patient, values=values, sites=("palm", "sole"))


def begins(number: int) -> datetime:
    # Four a day: eight writers in two minutes come to two thousand sessions of one course, all of them before today.
    return datetime(2022, 1, 4, 3, tzinfo=UTC) + timedelta(hours=6 * number)


def session_values(by: User, machine: Device, number: int) -> dict[str, Any]:
    started = begins(number)
    return {
        "number": number, "status": "completed", "started_at": started, "ended_at": started + timedelta(minutes=30),
        "device": machine, "operator": by, "physician": by, "skin_before": "intact", "skin_after": "erythema",
        "metal_removed": "none-worn", "sensation": "tingling", "pain_nrs": 1, "events_answer": "none-observed",
        "course_phase": "induction", "notes": "Sans particularité.",
    }  # fmt: skip


def application_values(site: str) -> dict[str, Any]:
    return {
        "site": site, "side": "bilateral", "arrangement": "hand-hand", "electrode_type": "bath-plate",
        "electrode_material": "stainless-steel", "medium": "tap-water",
    }  # fmt: skip


def phase_values(site: str, anode: str, cathode: str) -> dict[str, Any]:
    return {
        "anode_site": site, "anode_side": anode, "cathode_site": site, "cathode_side": cathode, "reversal": "manual",
        "current_type": "dc", "current_ma": Decimal("15.00"), "current_kind": "plateau", "current_reading": "average",
        "voltage_v": Decimal("28.0"), "duration_min": Decimal("10.0"),
    }  # fmt: skip


PHASES = {"palm": [("left", "right"), ("right", "left")], "sole": [("left", "right")]}


def observation_values() -> list[dict[str, Any]]:
    common = {"site": "palm", "moment": "before", "rater": "physician", "method": ""}
    return [
        {**common, "measure": "HDSS", "side": "bilateral", "value": Decimal("3.0000"), "unit": "{score}"},
        {**common, "measure": "GRAV", "side": "left", "value": Decimal("41.0000"), "unit": "mg/min"},
        {**common, "measure": "GRAV", "side": "right", "value": Decimal("43.0000"), "unit": "mg/min"},
        {**common, "measure": "SWEAT_NRS", "side": "bilateral", "value": Decimal("6.0000"), "unit": "{score}"},
    ]


def entry(by: User, machine: Device, number: int, *, asked: bool) -> Entry:
    """Two applications, three phases, four observations; with or without the questions of every session."""
    applications = tuple(
        Row(
            application_values(site),
            index=index,
            below=tuple(Row(phase_values(site, *poles)) for poles in PHASES[site]),
        )
        for index, site in enumerate(PHASES)
    )
    observations = tuple(Row(values, index=index) for index, values in enumerate(observation_values()))
    plain = Entry(values=session_values(by, machine, number), applications=applications, observations=observations)
    if not asked:
        return plain
    return replace(plain, replies={item.code: ("no", "") for item in EACH_SESSION}, changed="no")
