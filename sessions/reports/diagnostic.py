"""Samples of diagnostic sessions: how many were insufficient, what is outstanding, how long it took (domain 5.2, report 10)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.lib.table import Column, Row, Table
from sessions.measures.sites import Indication
from sessions.measures.words import ExtractionMode, Sufficiency
from sessions.models import Result, Sample
from sessions.reports.rates import middle, per_hundred, sums
from sessions.reports.report import Asked, Built, Headline, Report
from sessions.reports.session_filter import ALL_LIMITS, counted_within

DAY = Decimal(86_400)
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
class Test:
    """One sample with the result that stands, if there is one."""

    sample: Sample
    result: Result | None
    repeat: bool

    @property
    def sufficiency(self) -> str:
        return self.result.sufficiency if self.result else self.sample.sufficiency

    @property
    def outstanding(self) -> bool:
        return self.result is None and self.sample.sufficiency in ("", Sufficiency.SUFFICIENT)

    @property
    def taken_at(self) -> datetime | None:
        return self.sample.collected_until or self.sample.collected_from or self.sample.session.started_at

    @property
    def days(self) -> Decimal | None:
        """Days to the report, None where one end is not known."""
        if self.result is None or self.result.reported_at is None or self.taken_at is None:
            return None
        return Decimal((self.result.reported_at - self.taken_at).total_seconds()) / DAY


def build(asked: Asked) -> Built:
    """The numbers by mode, analyte and laboratory; for those who may see names, the tests one by one."""
    tests = _tests(asked)
    tables = [
        _counts("mode", _("Mode"), tests, lambda test: _mode(test.sample)),
        _counts("analyte", _("Analyte"), tests, lambda test: test.sample.session.analyte or _("not written")),
        _counts("laboratory", _("Laboratory"), tests, lambda test: test.sample.laboratory or _("not written")),
    ]
    if asked.identities:
        tables.append(_list(tests, asked.at))
    known = [test for test in tests if test.sufficiency]
    insufficient = sum(test.sufficiency == Sufficiency.INSUFFICIENT for test in known)
    rate = per_hundred(insufficient, len(known))
    headline = (
        Headline(len(tests), _("samples")),
        Headline(
            "–" if rate is None else rate,
            _("%% insufficient: %(part)s of %(whole)s") % {"part": insufficient, "whole": len(known)},
        ),
        Headline(sum(test.outstanding for test in tests), _("results outstanding")),
    )
    return Built(tuple(tables), headline)


def _tests(asked: Asked) -> list[Test]:
    sessions = counted_within(asked.chosen).filter(indication=Indication.EXTRACTION).order_by().values("session")
    standing = Prefetch("results", Result.objects.filter(in_error=False).order_by("-id"), to_attr="standing_results")
    found = Sample.objects.filter(session__in=sessions).select_related("session__patient").prefetch_related(standing)
    samples = list(found.order_by("session__started_at", "session_id", "number", "pk"))
    earlier = _first_days(samples)
    return [
        Test(
            sample,
            next(iter(sample.standing_results), None),
            repeat=_day(sample) > earlier[_kind(sample)],
        )
        for sample in samples
    ]


def _kind(sample: Sample) -> tuple[Any, ...]:
    session = sample.session
    return (session.patient_id, session.extraction_mode, session.analyte.casefold())


def _day(sample: Sample) -> Any:
    return timezone.localdate(sample.session.started_at)


def _first_days(samples: Sequence[Sample]) -> dict[tuple[Any, ...], Any]:
    """The day of the first test of each patient, mode and analyte, whatever the limits are."""
    patients = {sample.session.patient_id for sample in samples}
    every = Sample.objects.filter(
        session__patient__in=patients,
        session__record_status__in=("final", "amended"),
        session__status__in=("completed", "stopped"),
    ).select_related("session")
    days: dict[tuple[Any, ...], Any] = {}
    for sample in every.order_by("session__started_at", "pk"):
        days.setdefault(_kind(sample), _day(sample))
    return days


def _mode(sample: Sample) -> str:
    mode = sample.session.extraction_mode
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


def _counts(name: str, title: str, tests: list[Test], of: Any) -> Table:
    groups: dict[str, list[Test]] = defaultdict(list)
    for test in tests:
        groups[str(of(test))].append(test)
    rows = [Row((word, *_values(groups[word]))) for word in sorted(groups)]
    return Table(name, title, (Column(name, title), *COUNT_COLUMNS), rows, totals=Row((_("All"), *_values(tests))))


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


def _list(tests: list[Test], at: datetime) -> Table:
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
        [_line(test, at) for test in tests],
        empty=_("No sample was taken within these limits."),
        names_people=True,
        route="logbook:session",
    )


def _line(test: Test, at: datetime) -> Row:
    sample, session = test.sample, test.sample.session
    states = [word for word, holds in ((_("outstanding"), test.outstanding), (_("repeat"), test.repeat)) if holds]
    waited = test.days
    if test.outstanding and test.taken_at:
        waited = Decimal((at - test.taken_at).total_seconds()) / DAY
    return Row(
        (
            sample.sample_id,
            str(session.patient),
            session.patient.record_number,
            test.taken_at,
            _mode(sample),
            session.analyte,
            str(Sufficiency(test.sufficiency).label) if test.sufficiency else "",
            _result(test.result),
            test.result.reported_at if test.result else None,
            int(waited) if waited is not None else None,
            ", ".join(states),
        ),
        key=session.uid,
        person=session.patient_id,
    )


def _result(result: Result | None) -> str:
    if result is None or result.result_value is None:
        return ""
    return f"{result.comparator} {result.result_value.normalize():f} {result.get_result_unit_display()}"


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
