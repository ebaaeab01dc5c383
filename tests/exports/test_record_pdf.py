"""A session's record as PDF: what its page shows, and each signature with name, time, zone and meaning."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from pypdf import PdfReader

from sessions.actions.result import record_result
from sessions.actions.session import mark_in_error
from sessions.actions.session_rows import Row
from sessions.actions.signature import add_addendum, sign_session
from sessions.exports.record_pdf import session_pdf
from sessions.models import Session
from tests.factories import (
    a_draft,
    a_phase,
    an_application,
    an_observation,
    at,
    ready,
)

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 22, 18, 11, tzinfo=UTC)


def words(session, language="en", **values):
    fresh = Session.objects.with_rows().get(pk=session.pk)
    given = {"printed_by": "Lou Leroy", "at": AT, "foot": "entry 7, code 3F2A-91BC-07DE"}
    content = session_pdf(fresh, language=language, **(given | values))
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


@pytest.fixture
def draft(physician):
    _patient, course, device = ready(by=physician)
    phases = (
        a_phase(current="15.0"),
        a_phase(current="7.25", anode="left", cathode="right", voltage_v=Decimal("32"), current_type="pulsed-dc"),
    )
    return a_draft(
        by=physician,
        course=course,
        device=device,
        started=at(date(2026, 1, 12)),
        applications=(an_application(phases=phases, water_level="2 cm"),),
        observations=(an_observation(value="3"), an_observation(index=1, side="left", value="2", moment="after")),
        notes='first line\n#panic("x") *bold* 🩹 你好 مرحبا',
    )


@pytest.fixture
def signed(physician, draft):
    return sign_session(by=physician, session=draft, version=draft.version, key=uuid4())


def test_record_shows_patient_session_settings_observations_and_notes(draft):
    text = words(draft)
    for said in (
        "Name ÇELIK Zoë",
        "Date of birth 7 September 1985",
        "Start 12 January 2026, 14:05",
        "Operator Dr Jeanne Morel",
        "1. palm (hand), both sides",
        "Current (mA)",
        "1 palm (hand) right palm (hand) left 15 set 10 direct (galvanic)",
        "2 palm (hand) left palm (hand) right 7.25 set 10 pulsed direct",
        "Voltage: 32 V",
        "HDSS severity scale (1–4) palm (hand), right before the session 3",
        "HDSS severity scale (1–4) palm (hand), left after the session 2",
        'first line #panic("x") *bold* [U+1FA79] [U+4F60][U+597D]',
        "Printed by Lou Leroy on 22 November 2026, 19:11 (Europe/Paris)",
        "entry 7, code 3F2A-91BC-07DE",
    ):
        assert said in text


def test_draft_says_plainly_that_nobody_signed_it(draft):
    text = words(draft)
    assert "Draft Nobody has signed this record. It can still change." in text
    assert "Signatures Not signed yet." in text
    assert "DRAFT" in text


def test_each_signature_has_printed_name_time_with_zone_and_meaning(signed, physician, other_physician):
    signed.refresh_from_db()
    add_addendum(by=other_physician, session=signed, text="No pain the day after.", key=uuid4())
    text = words(signed)
    moments = [
        f"{local.day} {local:%B %Y, %H:%M} Europe/Paris (UTC{local:%z}".removesuffix("00") + ":00)"
        for local in (row.signed_at.astimezone(at(date(2026, 1, 1)).tzinfo) for row in signed.signatures.order_by("pk"))
    ]
    first, second = signed.signatures.order_by("pk")
    assert (
        f"Signatures Dr Jeanne Morel Signed {moments[0]} Meaning authorship Revision 1 SHA-256 {first.digest}" in text
    )
    assert (
        f"Addendum No pain the day after. Dr Paul Petit Signed {moments[1]} Meaning addendum Revision 1 SHA-256 {second.digest}"
        in text
    )
    assert "DRAFT" not in text


def test_record_entered_in_error_says_so_with_reason_and_name_on_every_page(signed, physician):
    mark_in_error(by=physician, session=signed, reason="Wrong patient.", version=signed.version, key=uuid4())
    text = words(signed)
    assert "Entered in error This record is wrong and counts nowhere." in text
    assert "Wrong patient. Dr Jeanne Morel," in text
    fresh = Session.objects.with_rows().get(pk=signed.pk)
    content = session_pdf(fresh, language="en", printed_by="x", at=AT)
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]
    assert ["ENTERED IN ERROR" in page and "entered in error" in page for page in pages] == [True] * len(pages)


def test_french_record_is_in_french(signed):
    text = words(signed, "fr")
    for said in ("Séance 1 · hyperhidrose", "Date de naissance 7 septembre 1985", "7,25", "signée"):
        assert said in text


def test_same_record_at_the_same_moment_gives_the_same_bytes(signed):
    fresh = Session.objects.with_rows().get(pk=signed.pk)
    given = {"printed_by": "x", "at": AT, "language": "fr"}
    assert session_pdf(fresh, **given) == session_pdf(fresh, **given)


def test_samples_stand_with_their_results_late_records_with_their_reasons_and_events_in_full(physician):
    _patient, course, device = ready(by=physician, indication="extraction", sites=("forearm",))
    session = a_draft(
        by=physician, course=course, device=device, applications=(), observations=(),
        late_record=True, late_reason="Found on paper.", incident_note="No harm done.",
        events_answer="observed",
        events=(Row({"term": "burn-1", "term_note": "size of a coin", "severity": "mild", "serious": "no"}),),
        samples=(Row({"sample_id": "A-1", "site": "forearm", "side": "left", "volume_ul": 30}),),
    )  # fmt: skip
    values = {"sufficiency": "sufficient", "comparator": "=", "result_value": 20, "result_unit": "mmol/L"}
    record_result(by=physician, sample=session.samples.get(), values=values | {"interpretation": "<b>#high</b>"})
    text = words(session)
    for said in (
        "Late record Why it is recorded late Found on paper. Incident note No harm done.",
        "Samples A-1 · flexor forearm, left",
        "Result Result = 20 mmol/L",
        "<b>#high</b>",
        "burn, first degree · size of a coin Severity mild",
    ):
        assert said in text
