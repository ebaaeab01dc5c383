"""What clinics really write down: the UK schedule, a cellulite course, a sweat test, a session refused on day 4.

The report's counts are worked out by hand in the comments and compared with its page and its file.
"""

import csv
import io
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from sessions.models import Result, Session
from tests.factories import a_device
from tests.trips.walk import Walk
from tests.views.session_form import APPLICATION, OBSERVATION, PHASE, posted

pytestmark = pytest.mark.django_db
PARIS = ZoneInfo("Europe/Paris")
# Hyperhidrosis UK: seven sessions on days 1, 2, 4, 7, 10, 15 and 22 (domain 5.1, S12 to S14).
UK_DAYS = (1, 2, 4, 7, 10, 15, 22)
FIRST = date(2026, 1, 12)


def on(day: date, hour: int = 9) -> datetime:
    return datetime(day.year, day.month, day.day, hour, 5, tzinfo=PARIS)


def day_number(number: int) -> date:
    return FIRST + timedelta(days=number - 1)


@pytest.fixture
def walk(client_of, physician, password):
    return Walk(client_of(physician), physician, password, a_device(by=physician))


def limb(site: str, arrangement: str, minutes: str, first: str, second: str) -> dict:
    """One application with the polarity reversed half-way: two phases, the poles changed over."""
    phase = PHASE | {"anode_site": site, "cathode_site": site, "duration_min": minutes}
    phases = [
        phase | {"current_ma": first},
        phase | {"anode_side": "left", "cathode_side": "right", "current_ma": second},
    ]
    return APPLICATION | {"site": site, "arrangement": arrangement, "phases": phases}


def scores(values: dict[tuple[str, str], tuple[str, str]], moment: str) -> list[dict]:
    """HDSS and gravimetry (mg in five minutes) for each site and side."""
    rows = []
    for (site, side), (hdss, mass) in values.items():
        place = {"site": site, "side": side, "moment": moment}
        rows.append(OBSERVATION | place | {"value": hdss})
        rows.append(OBSERVATION | place | {"measure": "GRAV", "value": mass, "unit": "mg", "collection_minutes": "5"})
    return rows


BEFORE = {
    ("palm", "left"): ("4", "142,5"),
    ("palm", "right"): ("4", "150"),
    ("sole", "left"): ("3", "98"),
    ("sole", "right"): ("3", "101,5"),
}
AFTER = {
    ("palm", "left"): ("2", "38"),
    ("palm", "right"): ("2", "41,5"),
    ("sole", "left"): ("1", "22"),
    ("sole", "right"): ("2", "30"),
}


def uk_schedule(walk: Walk) -> None:
    """Palms and soles, seven sessions; scores at the first and the last."""
    patient = walk.register("Okonkwo", "Grace", "1991-04-30")
    walk.consult(patient, "2026-01-05", iud="not-applicable")
    course = walk.open_course(patient, "hyperhidrosis", ["palm", "sole"], "7", "2026-01-05")
    for number in UK_DAYS:
        observations = scores(BEFORE, "before") if number == 1 else scores(AFTER, "after") if number == 22 else []
        applications = [limb("palm", "hand-hand", "10", "12,5", "12"), limb("sole", "foot-foot", "15", "15", "14,5")]
        session = walk.log(course, on(day_number(number)), 52, applications=applications, observations=observations)
        assert walk.sign(session).record_status == "final"


def cellulite_course(walk: Walk) -> None:
    """Ten sessions, two a week, caffeine gel on both thighs."""
    patient = walk.register("Lefèvre-Roux", "Élodie", "1998-11-02")
    walk.consult(patient, "2026-01-12")
    course = walk.open_course(patient, "cellulite", ["thigh-posterior"], "10", "2026-01-12")
    phase = PHASE | {
        "anode_site": "thigh-posterior",
        "cathode_site": "return",
        "cathode_side": "",
        "reversal": "none",
        "duration_min": "20",
        "current_ma": "4,5",
    }
    application = APPLICATION | {
        "site": "thigh-posterior",
        "arrangement": "active-return",
        "electrode_type": "sponge-pad",
        "medium": "gel",
        "product": "gel caféine",
        "return_place": "bas du dos",
        "phases": [phase],
    }
    for week in range(5):
        for day in (0, 3):
            started = on(date(2026, 1, 19) + timedelta(days=7 * week + day), 11)
            first_or_last = (week, day) in ((0, 0), (4, 3))
            score = {"measure": "CSS", "site": "thigh-posterior", "side": "left", "value": "9" if week == 0 else "7"}
            session = walk.log(
                course,
                started,
                30,
                applications=[application],
                observations=[OBSERVATION | score] if first_or_last else [],
                combined_procedures="no",
                course_phase="",
            )
            walk.sign(session)


def sweat_test(walk: Walk) -> Session:
    """Pilocarpine sweat test on both forearms; the right one gave too little."""
    patient = walk.register("Nguyễn", "Bảo", "2025-12-01", sex="male")
    walk.consult(patient, "2026-01-19", child="no")
    course = walk.open_course(patient, "extraction", ["forearm"], "1", "2026-01-19")
    phase = PHASE | {
        "anode_site": "forearm",
        "cathode_site": "forearm",
        "cathode_side": "right",
        "reversal": "none",
        "duration_min": "5",
        "current_ma": "1,5",
    }
    application = APPLICATION | {
        "site": "forearm",
        "arrangement": "active-return",
        "electrode_type": "cup",
        "medium": "drug-solution",
        "substance": "pilocarpine",
        "concentration": "0,5",
        "concentration_unit": "%",
        "substance_batch": "PX-118",
    }
    applications = [
        application | {"side": side, "phases": [phase | {"anode_side": side, "cathode_side": side}]}
        for side in ("left", "right")
    ]
    sample = {
        "site": "forearm",
        "collector": "coil",
        "collected_from": "2026-01-20T10:12",
        "collected_until": "2026-01-20T10:42",
        "pooled": "no",
        "laboratory": "Biochimie",
        "sent_at": "2026-01-20T11:00",
    }
    samples = [
        sample | {"sample_id": "SW-0001", "side": "left", "volume_ul": "31,5", "sufficiency": "sufficient"},
        sample | {"sample_id": "SW-0002", "side": "right", "volume_ul": "6", "sufficiency": "insufficient"},
    ]
    session = walk.log(
        course,
        on(date(2026, 1, 20), 10),
        50,
        applications=applications,
        samples=samples,
        observations=[],
        extraction_mode="stimulated-sweat",
        analyte="chlorure",
        clinical_question="dépistage néonatal positif",
        course_phase="",
    )
    return walk.sign(session)


def refused_on_day_4(walk: Walk) -> Session:
    """An intra-uterine device comes to light on day 4: not done, with its reason."""
    patient = walk.register("Aït-Saïd", "Nora", "1987-02-14")
    walk.consult(patient, "2026-01-09")
    course = walk.open_course(patient, "hyperhidrosis", ["palm"], "7", "2026-01-09")
    for number in (1, 2):
        walk.sign(
            walk.log(
                course, on(day_number(number), 15), 22, applications=[limb("palm", "hand-hand", "10", "12", "11,5")]
            )
        )
    performed = posted_with_device(walk)
    answer = walk.client.post(reverse("logbook:session-new", args=[course.uid]), performed)
    assert 'id="id_status_error"' in answer.content.decode()
    session = walk.log(
        course,
        on(day_number(4), 15),
        0,
        status="not-done",
        outcome_reason="contraindication",
        outcome_note="stérilet posé il y a deux ans",
        reply_iud="yes",
        detail_iud="cuivre",
        applications=[],
        observations=[],
        skin_before="",
        skin_after="",
        metal_removed="",
        events_answer="",
    )
    return walk.sign(session)


def posted_with_device(walk: Walk) -> dict[str, str]:
    """The same session as if it had been performed, with the device answered yes."""
    return posted(
        physician=walk.physician,
        device=walk.device,
        started_at="2026-01-15T15:05",
        ended_at="2026-01-15T15:27",
        reply_iud="yes",
    )


def test_what_clinics_write_down_comes_out_of_the_report_as_counted_by_hand(walk, client_of, staff):
    uk_schedule(walk)
    cellulite_course(walk)
    sweat = sweat_test(walk)
    refused = refused_on_day_4(walk)

    first, second = sweat.samples.all()
    reported = {
        "received_at": "2026-01-20T12:00",
        "reported_at": "2026-01-21T09:00",
        "reference_text": "< 30 mmol/L : mucoviscidose peu probable",
    }
    walk.send(
        reverse("logbook:result-new", args=[first.uid]),
        reported
        | {
            "sufficiency": "sufficient",
            "comparator": "<",
            "result_value": "10",
            "result_unit": "mmol/L",
            "method": "coulometry",
        },
    )
    walk.send(reverse("logbook:result-new", args=[second.uid]), reported | {"sufficiency": "insufficient"})
    assert [(result.comparator, result.result_value) for result in Result.objects.all()] == [
        ("<", Decimal("10.0000")),
        ("", None),
    ]
    assert refused.status == "not-done"

    # January: UK days 1, 2, 4, 7, 10, 15 are 12, 13, 15, 18, 21 and 26 January = 6 sessions; cellulite 19, 22, 26
    # and 29 January = 4; one sweat test; days 1 and 2 of the refused patient = 2. Together 13, and 1 not done.
    # February: UK day 22 is 2 February = 1; cellulite 2, 5, 9, 12, 16 and 19 February = 6. Together 7.
    # By site: palms 7 + 2 = 9, soles 7, posterior thigh 10, forearm 1 (two sides, one session).
    report = client_of(staff).get(reverse("logbook:report", args=["sessions"]))
    tables = {table.name: table for table in report.context["built"].tables}
    months = [(row.values[0], row.values[1], row.values[4]) for row in tables["months"].rows]
    assert months == [(date(2026, 1, 1), 13, 1), (date(2026, 2, 1), 7, 0)]
    by_site = {str(row.values[0]): row.values[1] for row in tables["site"].rows}
    assert sorted(by_site.values()) == [1, 7, 9, 10]
    by_indication = sorted(row.values[1] for row in tables["indication"].rows)
    assert by_indication == [1, 9, 10]

    february = client_of(staff).get(
        reverse("logbook:report-csv", args=["sessions"]),
        {"part": "list", "from_date": "2026-02-01", "to_date": "2026-02-28"},
    )
    text = february.content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert len(rows) == 1 + 7 + 2  # the headings above; below, an empty line and the entry of the audit history


def test_the_patient_page_tells_the_refused_session_and_marks_the_patient(walk):
    session = refused_on_day_4(walk)
    page = walk.client.get(reverse("logbook:patient", args=[session.patient.uid])).content.decode()
    assert "mark-never" in page
    assert "stérilet posé il y a deux ans" in page
