"""Samples of diagnostic sessions: how many were insufficient, what is outstanding, how long it took (domain 5.2, report 10)."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from django.db.models import Min
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, npgettext

from clinic.lib.figures import figure_text
from clinic.lib.table import Column, Row, Table
from sessions.measures.quantities import RESULT_UNITS
from sessions.measures.sites import Indication
from sessions.measures.words import PERFORMED, SIGNED, Comparator, ExtractionMode, Sufficiency
from sessions.models import Result, Sample
from sessions.reports.rates import ONE_PLACE, middle, per_hundred
from sessions.reports.report import ROWS_ON_A_PAGE, Asked, Built, Headline, Report
from sessions.reports.samples_counted import DAY, Alike, Key, is_outstanding, samples_counted, sufficiency_of
from sessions.reports.session_filter import ALL_LIMITS, limits_of

# A database takes so many values in one question, and no more.
SAMPLES_AT_ONCE = 5_000
DEFINITION = (
    gettext_lazy(
        "Samples of signed sessions of diagnostic extraction that were performed; stimulated sweat and reverse extraction stand apart."
    ),
    gettext_lazy(
        "Insufficient: the laboratory says so, or, as long as it has not reported, who took the sample. The share is of the "
        "samples whose quantity is known. Insufficient is a result, not an error."
    ),
    gettext_lazy(
        "Outstanding: no result yet, and not noted as insufficient, lost, contaminated or evaporated when it was taken."
    ),
    gettext_lazy(
        "Turnaround: days from the end of the collection (else its beginning, else the start of the session) to the report; the median of those that have both. A result entered in error is passed over."
    ),
    gettext_lazy(
        "Repeat: a later test of the same patient, in the same mode and for the same analyte, on another day."
    ),
)


def build(asked: Asked) -> Built:
    """The numbers by mode, analyte and laboratory; for those who may see names, the tests one by one."""
    found = samples_counted(asked.chosen)
    tables = [
        _counts("mode", _("By mode"), _("Mode"), found, lambda key: _mode(key.mode)),
        _counts("analyte", _("By analyte"), _("Analyte"), found, lambda key: key.analyte or _("not written")),
        _counts(
            "laboratory", _("By laboratory"), _("Laboratory"), found, lambda key: key.laboratory or _("not written")
        ),
    ]
    samples, known, insufficient, rate, awaited, _repeats, _turnaround = _values(found)
    if asked.identities:
        tables.append(_list(asked, samples))
    headline = (
        Headline(samples, npgettext("counted", "sample", "samples", samples)),
        Headline(
            "–" if rate is None else rate,
            _("%% insufficient: %(part)s of %(whole)s") % {"part": insufficient, "whole": known},
        ),
        Headline(awaited, ngettext("result outstanding", "results outstanding", awaited)),
    )
    return Built(tuple(tables), headline)


# --- Counts --------------------------------------------------------------------------------------


def _mode(mode: str) -> str:
    return str(ExtractionMode(mode).label) if mode else _("not written")


COUNT_COLUMNS = (
    Column("samples", gettext_lazy("Samples"), "number"),
    Column("known", gettext_lazy("Quantity known"), "number"),
    Column("insufficient", gettext_lazy("Insufficient"), "number"),
    Column("rate", gettext_lazy("Insufficient, share"), "number", "%"),
    Column("outstanding", gettext_lazy("Outstanding"), "number"),
    Column("repeats", gettext_lazy("Repeats"), "number"),
    Column("turnaround", gettext_lazy("Turnaround, median"), "number", gettext_lazy("days")),
)


def _counts(name: str, title: str, heading: str, found: list[Alike], of: Callable[[Key], str]) -> Table:
    groups: dict[str, list[Alike]] = defaultdict(list)
    for one in found:
        groups[of(one.key)].append(one)
    rows = [Row((word, *_values(groups[word]))) for word in sorted(groups)]
    return Table(name, title, (Column(name, heading), *COUNT_COLUMNS), rows, totals=Row((_("All"), *_values(found))))


def _values(found: list[Alike]) -> tuple[Any, ...]:
    """In the order of the columns."""
    samples = known = insufficient = outstanding = repeats = 0
    for one in found:
        samples += one.number
        known += one.number if one.sufficiency else 0
        insufficient += one.number if one.sufficiency == Sufficiency.INSUFFICIENT else 0
        outstanding += one.number if one.outstanding else 0
        repeats += one.number if one.key.repeat else 0
    waited = middle((one.days, one.number) for one in found if one.days is not None)
    return (samples, known, insufficient, per_hundred(insufficient, known), outstanding, repeats, waited)


# --- One by one ----------------------------------------------------------------------------------


class Test(NamedTuple):
    """What is shown of one sample."""

    sample: int
    label: str
    uid: Any
    patient: int
    family_name: str
    given_names: str
    record_number: str
    started_at: datetime
    mode: str
    analyte: str
    noted: str
    collected_from: datetime | None
    collected_until: datetime | None

    @property
    def kind(self) -> tuple[Any, ...]:
        return (self.patient, self.mode, self.analyte.casefold())

    @property
    def taken_at(self) -> datetime:
        return self.collected_until or self.collected_from or self.started_at


READ = (
    "pk", "sample_id", "session__uid", "session__patient", "session__patient__family_name", "session__patient__given_names",
    "session__patient__record_number", "session__started_at", "session__extraction_mode", "session__analyte", "sufficiency",
    "collected_from", "collected_until",
)  # fmt: skip


class Standing(NamedTuple):
    """The result of a sample that stands: the newest one that is not entered in error."""

    sufficiency: str
    reported_at: datetime | None
    comparator: str
    value: Decimal | None
    unit: str


def _list(asked: Asked, length: int) -> Table:
    found = Sample.objects.filter(
        limits_of(replace(asked.chosen, indication=Indication.EXTRACTION), "session__figures__"),
        session__figures__record_status__in=SIGNED,
        session__figures__status__in=PERFORMED,
    )
    ordered = found.order_by("session__figures__started_at", "session_id", "number", "pk").values_list("pk", flat=True)
    shown = list(ordered if asked.whole else ordered[:ROWS_ON_A_PAGE])
    columns = (
        Column("sample", _("Sample")),
        Column("patient", _("Patient")),
        Column("record_number", _("Record number")),
        Column("taken", _("Taken"), "moment"),
        Column("mode", _("Mode")),
        Column("analyte", _("Analyte")),
        Column("quantity", _("Quantity")),
        Column("result", _("Result"), of_record=True),
        Column("reported", _("Reported"), "moment"),
        Column("days", _("Days"), "number"),
        Column("state", _("State")),
    )
    return Table(
        "list",
        _("Tests"),
        columns,
        [
            line
            for start in range(0, len(shown), SAMPLES_AT_ONCE)
            for line in _lines(shown[start:][:SAMPLES_AT_ONCE], asked.at)
        ],
        empty=_("No sample was taken within these limits."),
        names_people=True,
        route="logbook:session",
        length=length,
    )


def _lines(keys: list[int], at: datetime) -> list[Row]:
    """The lines of these samples, in their order."""
    tests = {row[0]: Test(*row) for row in Sample.objects.filter(pk__in=keys).order_by().values_list(*READ)}
    columns = ("sufficiency", "reported_at", "comparator", "result_value", "result_unit")
    reported = Result.objects.filter(sample__in=keys, in_error=False).order_by("id").values_list("sample", *columns)
    results = {sample: Standing(*values) for sample, *values in reported}
    first = _first_days({test.patient for test in tests.values()})
    return [
        _line(test, results.get(key), timezone.localdate(test.started_at) > first[test.kind], at)
        for key in keys
        if (test := tests.get(key))
    ]


def _first_days(patients: set[int]) -> dict[tuple[Any, ...], date]:
    """The day of the first test of each patient, mode and analyte, whatever the limits are."""
    every = Sample.objects.filter(
        session__patient__in=patients, session__record_status__in=SIGNED, session__status__in=PERFORMED
    ).order_by()
    columns = ("session__patient", "session__extraction_mode", "session__analyte")
    days: dict[tuple[Any, ...], date] = {}
    for patient, mode, analyte, moment in every.values_list(*columns).annotate(first=Min("session__started_at")):
        key, day = (patient, mode, analyte.casefold()), timezone.localdate(moment)
        days[key] = min(days.get(key, day), day)
    return days


def _line(test: Test, result: Standing | None, repeat: bool, at: datetime) -> Row:
    reported = result.sufficiency if result else None
    sufficiency, outstanding = sufficiency_of(test.noted, reported), is_outstanding(test.noted, reported)
    until = at if outstanding else result.reported_at if result else None
    states = [word for word, holds in ((_("outstanding"), outstanding), (_("repeat"), repeat)) if holds]
    return Row(
        (
            test.label,
            f"{test.family_name} {test.given_names}",
            test.record_number,
            test.taken_at,
            _mode(test.mode),
            test.analyte,
            str(Sufficiency(sufficiency).label) if sufficiency else "",
            _result(result),
            result.reported_at if result else None,
            _days(until - test.taken_at) if until else None,
            ", ".join(states),
        ),
        key=test.uid,
        person=test.patient,
    )


def _days(waited: timedelta) -> Decimal:
    return (Decimal(waited // timedelta(microseconds=1)) / DAY).quantize(ONE_PLACE, ROUND_HALF_UP)


def _result(result: Standing | None) -> str:
    if result is None or result.value is None:
        return ""
    sign = "" if result.comparator == Comparator.EQUAL else f"{result.comparator} "
    unit = dict(RESULT_UNITS).get(result.unit, result.unit)
    return f"{sign}{figure_text(result.value)} {unit}"


REPORT = Report(
    code="diagnostic",
    title=gettext_lazy("Diagnostic tests"),
    purpose=gettext_lazy(
        "Samples and their results: how many were insufficient, what is outstanding, how long it took, which were repeats."
    ),
    version="1",
    definition=DEFINITION,
    build=build,
    limits=ALL_LIMITS - {"indication"},
)
