"""Of every field of a session's record: is it signed, derived from what is signed, or exempt, and why.

`tests/rules/test_signed_fields.py` fails for a field that is not here, changes each field in the database and expects
the signature to break where this page says *signed* or *derived*, and to stand where it says *exempt*.
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from django.db import models

from sessions.models import (
    Addendum,
    AdverseEvent,
    Answer,
    Application,
    Course,
    Decision,
    Device,
    Observation,
    Patient,
    Phase,
    Result,
    Sample,
    Screening,
    Session,
    Signature,
)


@dataclass(frozen=True)
class Standing:
    """How one field stands to the signature; `why` says from what it is derived or why it is exempt."""

    kind: Literal["signed", "derived", "exempt"]
    why: str = ""


SIGNED = Standing("signed")
# Copied into what is signed. A later correction is an act of its own; the signature holds to what was known at its time.
AS_KNOWN = Standing("signed", "as it was known when it was signed")


def _signed(*names: str) -> dict[str, Standing]:
    return dict.fromkeys(names, SIGNED)


def _as_known(*names: str) -> dict[str, Standing]:
    return dict.fromkeys(names, AS_KNOWN)


def _derived(why: str, *names: str) -> dict[str, Standing]:
    return dict.fromkeys(names, Standing("derived", why))


def _exempt(why: str, *names: str) -> dict[str, Standing]:
    return dict.fromkeys(names, Standing("exempt", why))


_KEY = _exempt("the database's own number of the row; what points to it is signed with the row that it points to", "id")
_VERSION = _exempt(
    "counts savings, so that two people do not overwrite each other; says nothing of the patient", "version"
)
_PERSON = "of the person, not of the session; has its own history"

FIELDS: dict[type[models.Model], dict[str, Standing]] = {
    Session: _KEY
    | _VERSION
    | _derived("names the patient whose uid is signed", "patient")
    | _derived("names the course whose uid is signed", "course")
    | _derived("the month of the start, which is signed", "month")
    | _derived(
        "final with a signature of authorship, amended with one of an amendment, in error by its act", "record_status"
    )
    | _signed(
        "uid",
        "number",
        "status",
        "revision",
        "outcome_reason",
        "outcome_note",
        "started_at",
        "ended_at",
        "device",
        "device_program",
        "operator",
        "physician",
        "skin_before",
        "skin_before_note",
        "skin_after",
        "skin_after_note",
        "metal_removed",
        "sensation",
        "sensation_note",
        "pain_nrs",
        "events_answer",
        "notes",
        "late_record",
        "late_reason",
        "incident_note",
        "course_phase",
        "dominant_hand",
        "dryness_before",
        "combined_procedures",
        "combined_procedures_note",
        "position",
        "extraction_mode",
        "analyte",
        "clinical_question",
    ),
    Application: _KEY
    | _derived("stands under its session in what is signed", "session")
    | _signed(
        "number",
        "site",
        "site_note",
        "side",
        "arrangement",
        "return_place",
        "electrode_type",
        "electrode_material",
        "electrode_area_cm2",
        "electrode_area_kind",
        "medium",
        "medium_additive",
        "water_level",
        "water_temperature_cel",
        "product",
        "substance",
        "concentration",
        "concentration_unit",
        "substance_volume_ml",
        "substance_batch",
        "substance_expiry_date",
        "as_typed",
    ),
    Phase: _KEY
    | _derived("stands under its application in what is signed", "application")
    | _signed(
        "number",
        "anode_site",
        "anode_side",
        "cathode_site",
        "cathode_side",
        "reversal",
        "current_type",
        "current_ma",
        "current_kind",
        "current_reading",
        "voltage_v",
        "frequency_hz",
        "duty_cycle_pct",
        "pulse_width_ms",
        "duration_min",
        "current_density_ma_cm2",
        "charge_ma_min",
        "as_typed",
        "retyped",
    ),
    Observation: _KEY
    | _derived("stands under its session in what is signed", "session")
    | _signed(
        "number",
        "measure",
        "scale_version",
        "scale_name",
        "scale_maximum",
        "site",
        "side",
        "value",
        "unit",
        "collection_minutes",
        "moment",
        "rater",
        "method",
        "as_typed",
        "retyped",
    ),
    AdverseEvent: _KEY
    | _derived("stands under its session in what is signed", "session")
    | _signed(
        "number",
        "term",
        "term_note",
        "site",
        "side",
        "under_electrode",
        "onset",
        "onset_figure",
        "detected_by",
        "severity",
        "ctcae_grade",
        "serious",
        "serious_criterion",
        "relatedness",
        "expected",
        "action",
        "outcome",
        "outcome_date",
        "device_incident",
        "incident_report",
    ),
    Sample: _KEY
    | _derived("stands under its session in what is signed", "session")
    | _signed(
        "uid",
        "number",
        "sample_id",
        "site",
        "side",
        "collector",
        "collected_from",
        "collected_until",
        "mass_mg",
        "volume_ul",
        "sufficiency",
        "pooled",
        "calibration",
        "calibration_note",
        "blood_value",
        "blood_unit",
        "blood_taken_at",
        "laboratory",
        "sent_at",
        "as_typed",
    ),
    Result: _KEY
    | _exempt(
        "the laboratory reports after the session was signed; nobody signs a result, its history says who entered it when",
        "uid",
        "sample",
        "sufficiency",
        "received_at",
        "reported_at",
        "method",
        "comparator",
        "result_value",
        "result_unit",
        "sweat_rate",
        "reference_text",
        "interpretation",
        "in_error",
        "error_reason",
        "as_typed",
        "retyped",
    ),
    Screening: _KEY
    | _derived("is the patient of its session", "patient")
    | _derived("stands under its session in what is signed", "session")
    | _signed("consultation", "answered_at", "form_version", "language", "changed", "changed_note"),
    Answer: _KEY
    | _derived("stands under its screening in what is signed", "screening")
    | _signed("item", "reply", "detail"),
    Decision: _KEY
    | _derived("stands under its answer in what is signed", "answer")
    | _signed("word", "reason", "decided_date", "physician"),
    Addendum: _KEY | _derived("is the session of its signature, whose uid is signed", "session") | _signed("text"),
    Signature: _KEY
    | _derived("names the session whose uid is signed", "session")
    | _derived("the SHA-256 of what is signed", "digest")
    | _derived("names the addendum whose text is signed", "addendum")
    | _derived("the account whose user name is signed", "signer")
    | _signed("revision", "meaning", "signer_name", "signed_at", "time_zone", "content"),
    Patient: _KEY
    | _VERSION
    | _as_known("uid", "record_number", "family_name", "given_names", "birth_date", "sex")
    | _exempt("made from the names for searching; the names themselves are signed", "folded_name")
    | _exempt(_PERSON, "phone", "referring_doctor", "note"),
    Course: _KEY
    | _VERSION
    | _as_known("uid", "indication", "planned_sessions", "opened_date")
    | _derived("is the patient of its sessions", "patient")
    | _exempt("the prior consultation is a record of its own; the rules of signing asked for it", "consultation")
    | _exempt("who leads the course; the physician responsible for the session is signed", "physician")
    | _exempt("the course's own story, which goes on after the session", "goal", "previous")
    | _exempt("the course ends after its sessions were signed", "status", "ended_date", "end_reason", "end_note"),
    Device: _KEY
    | _VERSION
    | _as_known("uid", "maker", "model", "serial_number")
    | _exempt("the serial number, which is signed, says which machine it was", "udi")
    | _exempt(
        "of the machine's life in the clinic, not of the session", "location", "in_service_date", "out_of_service_date"
    )
    | _exempt("a note on the machine, not on the session", "note"),
}


@cache
def signed_columns(model: type[models.Model]) -> tuple[tuple[str, str], ...]:
    """The signed fields of `model` as (name in what is signed, attribute of the row), in the order of the model."""
    standings = FIELDS[model]
    return tuple(
        (field.name, field.attname)
        for field in model._meta.concrete_fields
        if standings[field.name].kind == "signed" and field.name != "revision"
    )
