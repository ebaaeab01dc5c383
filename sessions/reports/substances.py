"""Who was given which substance, and from which batch (domain 5.2, report 9)."""

from datetime import date

from django.db.models import Count, Max, Min, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clinic.lib.table import Column, Row, Table
from sessions.measures.words import PERFORMED, SIGNED
from sessions.models import Application
from sessions.reports.report import ROWS_ON_A_PAGE, Asked, Built, Headline, Report
from sessions.reports.session_filter import ALL_LIMITS, limits_of

DEFINITION = (
    gettext_lazy(
        "Applications with a substance or a batch, of signed sessions that were performed; a batch is told apart as it was written."
    ),
    gettext_lazy("Expired: the expiry date that was noted lies before the day of the session."),
)


def build(asked: Asked) -> Built:
    """The batches with their numbers; for those who may see names, who was given what."""
    found = Application.objects.exclude(substance="", substance_batch="").filter(
        limits_of(asked.chosen, "session__figures__"),
        session__figures__record_status__in=SIGNED,
        session__figures__status__in=PERFORMED,
    )
    for name in ("site", "side", "substance"):
        if value := getattr(asked.chosen, name):
            found = found.filter(**{name: value})
    batches = _batches(found)
    tables = [batches]
    if asked.identities:
        tables.append(_list(found, sum(row.values[4] for row in batches.rows), whole=asked.whole))
    number = len(batches.rows)
    headline = Headline(number, ngettext("substance and batch", "substances and batches", number))
    return Built(tuple(tables), (headline,))


def _batches(found: QuerySet[Application]) -> Table:
    rows = (
        found.order_by()
        .values_list("substance", "product", "substance_batch", "substance_expiry_date")
        .annotate(
            applications=Count("pk"),
            sessions=Count("session", distinct=True),
            patients=Count("session__figures__patient", distinct=True),
            first=Min("session__figures__day"),
            last=Max("session__figures__day"),
        )
    )
    columns = (
        Column("substance", _("Substance")),
        Column("product", _("Product")),
        Column("batch", _("Batch")),
        Column("expiry", _("Expiry date"), "date"),
        Column("applications", _("Applications"), "number"),
        Column("sessions", _("Sessions"), "number"),
        Column("patients", _("Patients"), "number"),
        Column("first", _("First used"), "date"),
        Column("last", _("Last used"), "date"),
    )
    lines = sorted(
        rows,
        key=lambda row: (
            row[0].casefold(),
            row[2].casefold(),
            row[1].casefold(),
            row[3] or date.min,
            row[0],
            row[2],
            row[1],
        ),
    )
    empty = _("No substance was noted within these limits.")
    return Table("batches", _("Substances and batches"), columns, [Row(tuple(line)) for line in lines], empty=empty)


def _list(found: QuerySet[Application], length: int, *, whole: bool) -> Table:
    rows = found.select_related("session__patient", "session__physician").order_by(
        "-session__figures__day", "-session__started_at", "-session_id", "number", "pk"
    )
    columns = (
        Column("batch", _("Batch")),
        Column("substance", _("Substance")),
        Column("expiry", _("Expiry date"), "date"),
        Column("expired", _("Expired")),
        Column("started_at", _("Start"), "moment"),
        Column("patient", _("Patient")),
        Column("record_number", _("Record number")),
        Column("site", _("Site")),
        Column("side", _("Side")),
        Column("physician", _("Physician")),
    )
    lines = [_line(application) for application in (rows if whole else rows[:ROWS_ON_A_PAGE])]
    empty = _("No substance was noted within these limits.")
    return Table(
        "list",
        _("Who was given what"),
        columns,
        lines,
        empty=empty,
        names_people=True,
        route="logbook:session",
        length=length,
    )


def _line(application: Application) -> Row:
    session, expiry = application.session, application.substance_expiry_date
    expired = expiry is not None and session.started_at is not None and expiry < timezone.localdate(session.started_at)
    return Row(
        (
            application.substance_batch,
            application.substance,
            expiry,
            _("expired") if expired else "",
            session.started_at,
            str(session.patient),
            session.patient.record_number,
            application.get_site_display(),
            application.get_side_display(),
            session.physician.get_full_name(),
        ),
        key=session.uid,
        person=session.patient_id,
    )


REPORT = Report(
    code="substances",
    title=gettext_lazy("Substances and batches"),
    purpose=gettext_lazy("Which substance from which batch, when, and who was given it."),
    version="1",
    definition=DEFINITION,
    build=build,
    limits=ALL_LIMITS,
)
