"""Samples of diagnostic sessions: how many were insufficient, what is outstanding, how long it took (domain 5.2, report 10)."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Min, Prefetch, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, npgettext

from clinic.lib.figures import figure_text
from clinic.lib.table import Column, Row, Table
from sessions.measures.sites import Indication
from sessions.measures.words import PERFORMED, SIGNED, Comparator, ExtractionMode, Sufficiency
from sessions.models import Result, Sample, SessionFigures
from sessions.reports.rates import ONE_PLACE, middle, per_hundred, sums
from sessions.reports.report import ROWS_ON_A_PAGE, Asked, Built, Headline, Report
from sessions.reports.session_filter import ALL_LIMITS, counted_within

DAY = Decimal(86_400)
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


@dataclass(frozen=True)
class Reported:
    """The result of a sample that stands: the newest one that is not entered in error."""

    sufficiency: str
    at: datetime | None


@dataclass(frozen=True)
class Test:
    """One sample with what was reported on it, if anything was."""

    sample: int
    patient: int
    started_at: datetime
    mode: str
    analyte: str
    laboratory: str
    noted: str
    collected_from: datetime | None
    collected_until: datetime | None
    result: Reported | None = None
    repeat: bool = False

    @property
    def kind(self) -> tuple[Any, ...]:
        return (self.patient, self.mode, self.analyte.casefold())

    @property
    def sufficiency(self) -> str:
        return self.result.sufficiency if self.result else self.noted

    @property
    def outstanding(self) -> bool:
        return self.result is None and self.noted in ("", Sufficiency.SUFFICIENT)

    @property
    def taken_at(self) -> datetime:
        return self.collected_until or self.collected_from or self.started_at

    @property
    def days(self) -> Decimal | None:
        """Days to the report, None where one end is not known."""
        if self.result is None or self.result.at is None:
            return None
        return Decimal((self.result.at - self.taken_at).total_seconds()) / DAY


def build(asked: Asked) -> Built:
    """The numbers by mode, analyte and laboratory; for those who may see names, the tests one by one."""
    tests = _tests(asked)
    tables = [
        _counts("mode", _("By mode"), _("Mode"), tests, lambda test: _mode(test.mode)),
        _counts("analyte", _("By analyte"), _("Analyte"), tests, lambda test: test.analyte or _("not written")),
        _counts(
            "laboratory", _("By laboratory"), _("Laboratory"), tests, lambda test: test.laboratory or _("not written")
        ),
    ]
    if asked.identities:
        tables.append(_list(tests, asked))
    known = [test for test in tests if test.sufficiency]
    insufficient = sum(test.sufficiency == Sufficiency.INSUFFICIENT for test in known)
    rate = per_hundred(insufficient, len(known))
    awaited = sum(test.outstanding for test in tests)
    headline = (
        Headline(len(tests), npgettext("counted", "sample", "samples", len(tests))),
        Headline(
            "–" if rate is None else rate,
            _("%% insufficient: %(part)s of %(whole)s") % {"part": insufficient, "whole": len(known)},
        ),
        Headline(awaited, ngettext("result outstanding", "results outstanding", awaited)),
    )
    return Built(tuple(tables), headline)


def _tests(asked: Asked) -> list[Test]:
    """The samples within the limits, oldest first; three queries, whatever their number."""
    counted = counted_within(asked.chosen).filter(indication=Indication.EXTRACTION).order_by()
    found = Sample.objects.filter(session__in=counted.values("session"))
    columns = (
        "pk", "session__patient", "session__started_at", "session__extraction_mode", "session__analyte", "laboratory",
        "sufficiency", "collected_from", "collected_until",
    )  # fmt: skip
    samples = [
        Test(*row) for row in found.order_by("session__started_at", "session_id", "number", "pk").values_list(*columns)
    ]
    standing = Result.objects.filter(in_error=False, sample__session__in=counted.values("session"))
    reported = standing.order_by("id").values_list("sample__pk", "sufficiency", "reported_at")
    results = {sample: Reported(sufficiency, at) for sample, sufficiency, at in reported}
    first = _first_days(counted)
    return [
        replace(test, result=results.get(test.sample), repeat=timezone.localdate(test.started_at) > first[test.kind])
        for test in samples
    ]


def _first_days(counted: QuerySet[SessionFigures]) -> dict[tuple[Any, ...], date]:
    """The day of the first test of each patient, mode and analyte, whatever the limits are."""
    every = Sample.objects.filter(
        session__patient__in=counted.values("patient"),
        session__record_status__in=SIGNED,
        session__status__in=PERFORMED,
    ).order_by()
    columns = ("session__patient", "session__extraction_mode", "session__analyte")
    days: dict[tuple[Any, ...], date] = {}
    for patient, mode, analyte, moment in every.values_list(*columns).annotate(first=Min("session__started_at")):
        key, day = (patient, mode, analyte.casefold()), timezone.localdate(moment)
        days[key] = min(days.get(key, day), day)
    return days


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


def _counts(name: str, title: str, heading: str, tests: list[Test], of: Any) -> Table:
    groups: dict[str, list[Test]] = defaultdict(list)
    for test in tests:
        groups[str(of(test))].append(test)
    rows = [Row((word, *_values(groups[word]))) for word in sorted(groups)]
    return Table(name, title, (Column(name, heading), *COUNT_COLUMNS), rows, totals=Row((_("All"), *_values(tests))))


def _values(tests: list[Test]) -> tuple[Any, ...]:
    counts = [
        (
            1,
            int(bool(test.sufficiency)),
            int(test.sufficiency == Sufficiency.INSUFFICIENT),
            int(test.outstanding),
            int(test.repeat),
        )
        for test in tests
    ]
    samples, known, insufficient, outstanding, repeats = sums(counts) if counts else (0,) * 5
    turnaround = middle(test.days for test in tests if test.days is not None)
    return (samples, known, insufficient, per_hundred(insufficient, known), outstanding, repeats, turnaround)


def _list(tests: list[Test], asked: Asked) -> Table:
    shown = tests if asked.whole else tests[:ROWS_ON_A_PAGE]
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
        length=len(tests),
    )


def _lines(tests: list[Test], at: datetime) -> list[Row]:
    standing = Prefetch("results", Result.objects.filter(in_error=False).order_by("-id"), to_attr="standing_results")
    found = Sample.objects.select_related("session__patient").prefetch_related(standing)
    samples = found.in_bulk([test.sample for test in tests])
    return [_line(test, samples[test.sample], at) for test in tests]


def _line(test: Test, sample: Sample, at: datetime) -> Row:
    session, result = sample.session, next(iter(sample.standing_results), None)  # type: ignore[attr-defined]
    states = [word for word, holds in ((_("outstanding"), test.outstanding), (_("repeat"), test.repeat)) if holds]
    waited = Decimal((at - test.taken_at).total_seconds()) / DAY if test.outstanding else test.days
    return Row(
        (
            sample.sample_id,
            str(session.patient),
            session.patient.record_number,
            test.taken_at,
            _mode(test.mode),
            test.analyte,
            str(Sufficiency(test.sufficiency).label) if test.sufficiency else "",
            _result(result),
            result.reported_at if result else None,
            waited.quantize(ONE_PLACE, ROUND_HALF_UP) if waited is not None else None,
            ", ".join(states),
        ),
        key=session.uid,
        person=session.patient_id,
    )


def _result(result: Result | None) -> str:
    if result is None or result.result_value is None:
        return ""
    sign = "" if result.comparator == Comparator.EQUAL else f"{result.comparator} "
    return f"{sign}{figure_text(result.result_value)} {result.get_result_unit_display()}"


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
