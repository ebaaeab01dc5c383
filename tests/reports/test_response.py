"""The response report against counts worked out by hand, and a published trial entered as data."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import count

import pytest
from django.db import connection
from django.db.models import QuerySet as Plain
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from sessions.measures.responses import PUBLISHED, Response, Rule
from sessions.models import Outcome
from sessions.reports.report import Asked
from sessions.reports.response import build, median
from sessions.reports.responses import judged_by, reaching, rule_in_words
from sessions.reports.session_filter import SessionFilter, counted_within
from tests.factories import a_course, a_device, a_patient, a_signed_session, an_observation, ready
from tests.factories import at as at_hour
from tests.reports.rows import a_session, paris


def local_day(session):
    return timezone.localdate(session.started_at)


pytestmark = pytest.mark.django_db
_days = count(1)


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def asked(definition="dlqi-4.1", **limits):
    return Asked(SessionFilter(**limits), timezone.now(), definition=definition)


def values(built, name):
    return [row.values for row in built.table(name).rows]


def a_series(by, course, measure, *figures, site="palm", side="right", device=None, physician=None, **more):
    """One session for each figure, in their order; a DLQI is the person's."""
    place = {"site": "", "side": ""} if measure in {"DLQI", "WEIGHT"} else {"site": site, "side": side}
    return [
        a_session(
            by=by,
            course=course,
            started_at=paris(2026, 3, 1) + timedelta(days=next(_days)),
            sites=("palm",),
            device=device,
            physician=physician,
            observations=({"measure": measure, "value": Decimal(figure)} | place | more,) if figure else (),
        )
        for figure in figures
    ]


def courses(by, number, **values):
    return [a_course(by=by, patient=a_patient(by=by), **values) for _n in range(number)]


def test_empty_logbook_has_no_share(physician):
    built = build(asked())
    assert [(line.figure, str(line.words)) for line in built.headline] == [
        ("–", "% response: 0 of 0"),
        (0, "last values missing"),
        (0, "courses without any value"),
    ]
    assert (values(built, "places"), values(built, "measures"), built.charts[0].labels) == ([], [], ())


def test_share_is_of_those_with_both_values_and_the_rest_is_missing(physician):
    fell, edge, short, alone, none, other = courses(physician, 6)
    a_series(physician, fell, "DLQI", "20", "15", "10")
    a_series(physician, edge, "DLQI", "12", "8")
    a_series(physician, short, "DLQI", "12", "9")
    a_series(physician, alone, "DLQI", "12")
    a_series(physician, none, "", "")
    a_series(physician, other, "HDSS", "3", "2")
    built = build(asked())
    assert values(built, "places") == [
        ("whole person", "", 3, 2, Decimal("66.7"), 1, Decimal(12), Decimal(9)),
    ]
    assert built.table("places").totals.values == ("All", "", 3, 2, Decimal("66.7"), 1, "", "")
    assert [row[1] for row in values(built, "missing")] == [3, 1, 2]
    assert built.used == "dlqi-4.1"
    assert built.notes == (
        (
            "Response: “DLQI: fall of 4 points or more”, version 1: a fall of at least 4. "
            "Source: Basra et al. 2015: a change of at least 4, advised for inflammatory skin disease."
        ),
    )
    assert values(built, "measures") == [
        ("HDSS severity scale (1–4)", "", 1, 1, 0, 0, 0),
        ("DLQI, total (0–30)", "", 3, 3, 0, 0, 1),
    ]


@pytest.mark.parametrize(
    ("rule", "amount", "said"),
    [
        (Rule.FALL, Decimal(20), "a fall of at least 20\u00a0mg/min"),
        (Rule.END_AT_MOST, Decimal("7.5"), "last value at most 7.5\u00a0mg/min"),
        (Rule.FALL_PERCENT, Decimal(50), "a fall of at least 50 % of the first value"),
        (Rule.ANY_FALL, None, "last value below the first"),
    ],
)
def test_rule_names_the_unit_of_its_figure(rule, amount, said):
    assert rule_in_words(Response("dry", 1, "Dry", "GRAV", rule, "", amount, unit="mg/min")) == said


def test_drafts_errors_and_courses_that_were_never_performed_count_nowhere(physician):
    kept, broken, never = courses(physician, 3)
    a_series(physician, kept, "DLQI", "20", "10")
    place = {"measure": "DLQI", "site": "", "side": "", "value": Decimal(1)}
    for record_status in ("preliminary", "entered-in-error"):
        for course in (kept, broken):
            a_session(
                by=physician,
                course=course,
                started_at=paris(2026, 9, 1),
                record_status=record_status,
                observations=(place,),
            )
    a_session(
        by=physician, course=never, started_at=paris(2026, 9, 2), status="not-done", sites=(), observations=(place,)
    )
    built = build(asked())
    assert [row[2:6] for row in values(built, "places")] == [(1, 1, Decimal("100.0"), 0)]
    assert [row[1] for row in values(built, "missing")] == [1, 0, 0]


def test_totals_of_last_values_that_are_all_missing_show_no_share(physician):
    (course,) = courses(physician, 1)
    a_series(physician, course, "DLQI", "12")
    built = build(asked())
    assert values(built, "places") == [("whole person", "", 0, 0, None, 1, None, None)]
    assert built.table("places").totals.values == ("All", "", 0, 0, "", 1, "", "")


def test_each_site_side_scale_and_unit_stands_alone(physician):
    (course,) = courses(physician, 1)
    other_device, device = a_device(by=physician), a_device(by=physician, serial_number="2")
    scale = {"scale_name": "wet area", "scale_maximum": Decimal(5)}
    a_series(physician, course, "MINOR", "5", "2", side="left", device=device, **scale)
    a_series(physician, course, "MINOR", "5", "5", side="right", device=device, **scale)
    a_series(physician, course, "MINOR", "3", "2", side="right", device=other_device, scale_name="photo")
    a_series(physician, course, "MINOR", "9", "1", side="right", unit="cm2", scale_name="photo")
    built = build(asked("minor-improved.1"))
    assert values(built, "places") == [
        ("palm (hand) left", "wet area, highest grade 5", 1, 1, Decimal("100.0"), 0, Decimal(5), Decimal(2)),
        ("palm (hand) right", "photo", 1, 1, Decimal("100.0"), 0, Decimal(3), Decimal(2)),
        ("palm (hand) right", "wet area, highest grade 5", 1, 0, Decimal("0.0"), 0, Decimal(5), Decimal(5)),
    ]
    assert values(built, "devices") == [
        ("Hidrex PSP1000 nº 2", 2, 1, Decimal("50.0"), 0),
        ("Hidrex PSP1000 nº 4412", 1, 1, Decimal("100.0"), 0),
    ]
    assert built.charts[0].labels == (
        "palm (hand) left, wet area, highest grade 5 (n = 1)",
        "palm (hand) right, photo (n = 1)",
        "palm (hand) right, wet area, highest grade 5 (n = 1)",
    )
    assert built.charts[0].series[0].values == (Decimal("100.0"), Decimal("100.0"), Decimal("0.0"))
    left = build(asked("minor-improved.1", site="palm", side="bilateral"))
    assert left.table("places").totals.values[2:5] == (3, 2, Decimal("66.7"))


def test_limits_pick_courses_and_the_site_picks_values(physician, other_physician):
    one, two = courses(physician, 2)
    a_series(physician, one, "HDSM_AX", "4", "2", site="axilla", side="left")
    a_series(physician, one, "HDSM_AX", "4", "4", site="palm", side="left")
    a_series(physician, two, "HDSM_AX", "4", "3.5", site="palm", side="left", physician=other_physician)
    assert values(build(asked("hdsm-ax-1.1")), "physicians") == [
        ("Dr Jeanne Morel", 2, 1, Decimal("50.0"), 0),
        ("Dr Paul Petit", 1, 0, Decimal("0.0"), 0),
    ]
    of_one = build(asked("hdsm-ax-1.1", physician=physician.pk))
    assert of_one.table("places").totals.values[2:4] == (2, 1)
    palms = build(asked("hdsm-ax-1.1", site="palm"))
    assert [row[:4] for row in values(palms, "places")] == [("palm (hand) left", "", 2, 0)]
    assert build(asked("hdsm-ax-1.1", to_date=date(2026, 2, 1))).headline[0].figure == "–"


def test_course_stands_in_the_period_of_its_last_session_alone(physician):
    over, valued_before = courses(physician, 2)
    (first, *_rest) = a_series(physician, over, "DLQI", "20", "15", "10")
    a_series(physician, valued_before, "DLQI", "20", "18", "")
    ends = [local_day(over.sessions.latest("started_at")), local_day(valued_before.sessions.latest("started_at"))]

    def counts(**dates):
        return [row[1] for row in values(build(asked(**dates)), "missing")], build(asked(**dates)).headline[0].words

    day = timedelta(days=1)
    assert counts(to_date=ends[0] - day) == ([0, 0, 0], "% response: 0 of 0")
    assert counts(from_date=first.started_at.date(), to_date=ends[0]) == ([1, 0, 0], "% response: 1 of 1")
    assert counts(from_date=ends[1], to_date=ends[1]) == ([1, 0, 0], "% response: 0 of 1")
    assert counts(from_date=ends[1] + day) == ([0, 0, 0], "% response: 0 of 0")


def test_measure_without_a_better_direction_only_falls_and_rises(physician):
    one, two, three = courses(physician, 3, indication="cellulite", sites=("hip",))
    a_series(physician, one, "WEIGHT", "71.5", "70", unit="kg")
    a_series(physician, two, "WEIGHT", "60", "60", unit="kg")
    a_series(physician, three, "DRY_DAYS", "3", "5", unit="d")
    built = build(asked())
    assert values(built, "directions") == [("weight", "kg", 2, 1, 1, 0, 0)]
    assert values(built, "measures") == [("dry days since the last session", "d", 1, 1, 0, 0, 0)]


def test_median_lies_between_two_middle_values():
    weighed = [(Decimal(4), 1), (Decimal(1), 2), (Decimal(9), 1)]
    assert median(weighed) == Decimal("2.5")
    assert median([*weighed, (Decimal(9), 1)]) == Decimal(4)
    assert median([]) is None
    assert [str(median([(Decimal(value), 1)])) for value in ("20.0000", "2.5000", "0.0000")] == ["20", "2.5", "0"]


def test_queries_do_not_grow_with_courses(physician):
    for course in courses(physician, 1):
        a_series(physician, course, "DLQI", "12", "8", device=a_device(by=physician))
    with CaptureQueriesContext(connection) as few:
        build(asked())
    for course in courses(physician, 3):
        a_series(physician, course, "DLQI", "12", "7", device=a_device(by=physician, serial_number=f"{course.pk}"))
    with CaptureQueriesContext(connection) as many:
        build(asked())
    assert (len(few), len(many)) == (5, 5)


# --- The rule, as the database and as the report ask it ------------------------------------------

EDGES = ("0", "0.1", "0.3", "1.1", "2.1", "2.2999", "2.3", "3.3", "3.3001", "4", "7.7", "10", "333333.3")
RULES = (
    *PUBLISHED,
    *(
        Response("own", n, "own", "HDSM_AX", rule, "a source", Decimal(amount) if amount else None)
        for n, (rule, amount) in enumerate(
            [
                (Rule.FALL, "1"),
                (Rule.FALL, "2.2"),
                (Rule.FALL_PERCENT, "50"),
                (Rule.FALL_PERCENT, "33.33"),
                (Rule.FALL_PERCENT, "100"),
                (Rule.RISE, "1.2"),
                (Rule.ANY_FALL, ""),
                (Rule.ANY_RISE, ""),
                (Rule.END_AT_MOST, "2.3"),
            ],
            start=1,
        )
    ),
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.key}-{rule.rule}")
def test_database_and_report_judge_alike(physician, unguarded, rule):
    (course,) = courses(physician, 1)
    session = a_series(physician, course, rule.measure, "1")[0]
    rows = [
        Outcome(
            course=course,
            patient=course.patient,
            indication="hyperhidrosis",
            measure=rule.measure,
            scale=f"{first}-{last}",
            unit=rule.unit or "{score}",
            number=2,
            physician=physician,
            first_value=Decimal(first),
            first_day=date(2026, 3, 1),
            first_session=session,
            last_value=Decimal(last) if last else None,
        )
        for first in EDGES
        for last in (*EDGES, "")
    ]
    Plain(Outcome).bulk_create(rows)  # past the guard of the figures
    stored = list(Outcome.objects.filter(measure=rule.measure))
    assert {row.pk for row in Outcome.objects.filter(reaching(rule))} == {
        row.pk for row in stored if rule.reached(row.first_value, row.last_value)
    }
    assert {row.pk for row in Outcome.objects.filter(judged_by(rule))} == {
        row.pk for row in stored if rule.reached(row.first_value, row.last_value) is not None
    }


def test_response_of_the_course_is_a_limit_of_every_report(physician):
    reached, one_side, short, alone = courses(physician, 4)
    a_series(physician, reached, "HDSM_AX", "3", "1")
    a_series(physician, one_side, "HDSM_AX", "3", "1", side="left")
    a_series(physician, one_side, "HDSM_AX", "3", "3", side="right")
    a_series(physician, short, "HDSM_AX", "3", "2.5")
    a_series(physician, alone, "HDSM_AX", "3")

    def picked(word):
        found = counted_within(SessionFilter(response=f"hdsm-ax-1.1.{word}"))
        return set(found.values_list("course", flat=True))

    assert picked("reached") == {reached.pk, one_side.pk}
    assert picked("not-reached") == {short.pk}
    assert picked("unknown") == {alone.pk}


# --- A published trial ---------------------------------------------------------------------------


def test_amended_value_is_the_one_that_counts(physician):
    _patient, course, device = ready(by=physician)
    for day, figure in ((date(2026, 1, 12), "12"), (date(2026, 2, 12), "9")):
        a_signed_session(
            by=physician,
            course=course,
            device=device,
            started=at_hour(day),
            observations=(an_observation(measure="DLQI", value=figure, site="", side=""),),
        )
    assert values(build(asked()), "places")[0][2:4] == (1, 0)


@pytest.mark.slow
def test_published_trial_comes_out_as_printed(physician):
    """Kim et al. 2017: palms, ten sessions in two weeks; 13 of 14 treated improved on starch-iodine, 5 of 13 sham."""
    treated = a_device(by=physician, serial_number="treated")
    sham = a_device(by=physician, serial_number="sham")
    days = [date(2026, 2, 2) + timedelta(days=n) for n in (0, 1, 2, 3, 4, 7, 8, 9, 10, 11)]

    def patient_of(device, last, sessions=10):
        _patient, course, _device = ready(by=physician, sites=("palm",))
        for number, day in enumerate(days[:sessions], start=1):
            grade = {1: "4", 10: last}.get(number)
            test = an_observation(
                measure="MINOR",
                value=grade or "0",
                side="bilateral",
                scale_name="test of this file",
                scale_maximum=Decimal(5),
            )
            a_signed_session(
                by=physician,
                course=course,
                device=device,
                started=at_hour(day),
                observations=(test,) if grade else (),
            )

    for improved, same, device in ((13, 1, treated), (5, 8, sham)):
        for last in ["2"] * improved + ["4"] * same:
            patient_of(device, last)
        patient_of(device, None, sessions=4)  # dropped out: no last value
    for device, judged, improved, rate in ((treated, 14, 13, "92.9"), (sham, 13, 5, "38.5")):
        built = build(asked("minor-improved.1", device=device.pk))
        assert values(built, "places") == [
            (
                "palm (hand) both sides",
                "test of this file, highest grade 5",
                judged,
                improved,
                Decimal(rate),
                1,
                Decimal(4),
                Decimal(2) if device == treated else Decimal(4),
            )
        ]
        assert built.headline[0].figure == Decimal(rate)
    both = build(asked("minor-improved.1"))
    assert both.table("places").totals.values[2:6] == (27, 18, Decimal("66.7"), 2)
    assert [row[1] for row in values(both, "missing")] == [27, 2, 0]
    assert [row[1:] for row in values(both, "devices")] == [
        (13, 5, Decimal("38.5"), 1),
        (14, 13, Decimal("92.9"), 1),
    ]
