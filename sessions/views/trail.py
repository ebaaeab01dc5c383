"""The auditor's trail: who changed what, and who looked; on the page and as a file."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, pgettext, pgettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from clinic.accounts.roles import Permission
from clinic.audit.access import record_look
from clinic.audit.anchors import footer
from clinic.gate import PersonRequest, requires
from clinic.lib.problems import Refused
from clinic.lib.table import Table
from clinic.operations.files import answer
from sessions.actions.trail import record_trail_export
from sessions.forms.trail import ActTrailForm, LookTrailForm, TrailForm
from sessions.reports import trail
from sessions.reports.trail_files import changes_table, looks_table, most_rows
from sessions.reports.trail_filter import NoSuchPlace, Sorting, TrailFilter, acts_within, looks_within
from sessions.reports.trail_records import subjects_in_words

# The first click on one of these shows the latest, on any other the first of the alphabet.
LATEST_FIRST = {"at", "number"}


@dataclass(frozen=True)
class Question:
    """One of the two questions: its form, its columns, and who answers it."""

    route: str
    template: str
    form: type[TrailForm]
    columns: tuple[tuple[str, Promise], ...]
    page: Callable[..., trail.Page]
    table: Callable[[TrailFilter, Sorting, int], Table]
    found: Callable[[TrailFilter], QuerySet[Any]]


CHANGES = Question(
    "logbook:trail",
    "logbook/trail/changes.html",
    ActTrailForm,
    (
        ("at", gettext_lazy("When")),
        ("who", gettext_lazy("Who")),
        ("what", gettext_lazy("What")),
        ("record", pgettext_lazy("audit", "Record")),
        ("patient", gettext_lazy("Patient")),
        ("why", gettext_lazy("Why")),
        ("number", gettext_lazy("Chain entry")),
    ),
    trail.changes,
    changes_table,
    acts_within,
)
LOOKS = Question(
    "logbook:trail-looks",
    "logbook/trail/looks.html",
    LookTrailForm,
    (
        ("at", gettext_lazy("When")),
        ("who", gettext_lazy("Who")),
        ("patient", gettext_lazy("Patient")),
        ("what", gettext_lazy("What")),
        ("record", pgettext_lazy("audit", "Record")),
        ("address", gettext_lazy("From where")),
        ("route", gettext_lazy("Page")),
    ),
    trail.looks,
    looks_table,
    looks_within,
)


@dataclass(frozen=True)
class Heading:
    """A column's head: where a click leads, and how the list is sorted by it now, in the words of aria-sort."""

    name: str
    title: str
    address: str
    sorted: str


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.SEE_HISTORY, shows_patient=True)
def changes(request: PersonRequest) -> HttpResponse:
    """Who changed what: one line for each act, with its fields to unfold."""
    return _answer(request, CHANGES)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.SEE_HISTORY, shows_patient=True)
def looks(request: PersonRequest) -> HttpResponse:
    """Who looked at whom, and who logged in or tried to."""
    return _answer(request, LOOKS)


@require_safe
@requires(Permission.SEE_HISTORY, shows_patient=True)
def changes_file(request: PersonRequest, form: str) -> HttpResponseBase:
    """Every changed field within the limits, as a file."""
    return _file(request, CHANGES, form)


@require_safe
@requires(Permission.SEE_HISTORY, shows_patient=True)
def looks_file(request: PersonRequest, form: str) -> HttpResponseBase:
    """Every look within the limits, as a file."""
    return _file(request, LOOKS, form)


def _answer(request: PersonRequest, question: Question) -> HttpResponse:
    if request.method == "POST":
        return _to_address(request, question)
    form = question.form(request.GET)
    if not form.is_valid():
        return _refused(request, question, form)
    chosen, sorting, after = form.chosen(), form.cleaned_data["sort"], form.cleaned_data["after"]
    try:
        page = question.page(chosen, sorting, after=after)
    except NoSuchPlace:
        form.add_error("after", _("The page of the list is not known. Begin again with the first page."))
        return _refused(request, question, form)
    patient = form.cleaned_data["patient"]
    record_look(request, [*([patient.pk] if patient else []), *page.patient_ids], "trail")
    context = {
        "form": form.as_typed(),
        "page": page,
        "patient": patient,
        "kinds": ", ".join(str(form.words[kind]) for kind in form.cleaned_data["kind"]),
        "record": subjects_in_words({chosen.record}).get(chosen.record) if chosen.record else None,
        "without_patient": form.address(patient=None),
        "without_record": form.address(record=None),
        "headings": _headings(question, form, sorting),
        "limits": form.address(),
        "other_limits": _other_limits(form),
        "following": form.address(after=page.following) if page.following else "",
        "beyond_first": after is not None,
        "periods": _periods(form),
        "zone": timezone.get_default_timezone_name(),
    }
    return render(request, question.template, context)


def _to_address(request: PersonRequest, question: Question) -> HttpResponse:
    """The limits that were typed, as an address that can be kept and names nobody."""
    form = question.form(request.POST, typed=True)
    if not form.is_valid():
        return _refused(request, question, form)
    address = form.address()
    return redirect(f"{reverse(question.route)}?{address}" if address else question.route)


def _file(request: PersonRequest, question: Question, kind: str) -> HttpResponseBase:
    form = question.form(request.GET)
    if not form.is_valid():
        return _refused(request, question, form)
    chosen = form.chosen()
    try:
        table = question.table(chosen, form.cleaned_data["sort"], most_rows(kind))
        file = answer(
            table,
            kind,
            foot=footer(),
            language=get_language() or "en",
            printed_by=request.user.get_full_name(),
            name=table.name,
            under_title=_in_words(form),
        )
    except Refused as refused:
        for problem in refused.problems:
            form.add_error(None, str(problem))
        return _refused(request, question, form)
    record_look(request, trail.patients_within(question.found(chosen)), "export")
    reason = f"{chosen.in_words()}; {len(table.rows)} rows; {file.receipt}"
    record_trail_export(by=request.user, report=table.name, reason=reason)
    return file


def _in_words(form: TrailForm) -> list[str]:
    """The limits as they stand under the title of a document."""
    data = form.cleaned_data
    days = [date_format(day, "SHORT_DATE_FORMAT") if day else "…" for day in (data["from_date"], data["to_date"])]
    record = subjects_in_words({data["record"]}).get(data["record"])
    said = [
        (_("Period"), " – ".join(days) if data["from_date"] or data["to_date"] else ""),
        (_("Person"), data["person"]),
        (_("Patient"), data["patient"] and f"{data['patient']} ({data['patient'].record_number})"),
        (_("Kinds"), ", ".join(str(form.words[kind]) for kind in data["kind"])),
        (pgettext("audit", "Record"), record.words if record else data["record"]),
        (_("Time zone"), timezone.get_default_timezone_name()),
    ]
    return [_("%(row)s: %(words)s") % {"row": name, "words": value} for name, value in said if value]


def _refused(request: PersonRequest, question: Question, form: TrailForm) -> HttpResponse:
    record_look(request, [], "trail")
    return render(request, question.template, {"form": form}, status=400)


def _headings(question: Question, form: TrailForm, sorting: Sorting) -> list[Heading]:
    headings = []
    for name, title in question.columns:
        here = sorting.name == name
        after_click = Sorting(name, not sorting.descending if here else name in LATEST_FIRST)
        address = form.address(sort=None if after_click == Sorting() else after_click)
        way = ("descending" if sorting.descending else "ascending") if here else ""
        headings.append(Heading(name, str(title), address, way))
    return headings


def _other_limits(form: TrailForm) -> str:
    """What the other question can take over: kinds and columns differ."""
    record = form.cleaned_data["record"]
    return form.address(kind=None, sort=None, record=None if record.startswith(("user:", "report:")) else record)


def _periods(form: TrailForm) -> list[tuple[str, str]]:
    """The periods that are asked for most, with all other limits as they stand."""
    today = timezone.localdate()
    month = today.replace(day=1)
    last_month_end = month - timedelta(days=1)
    days: list[tuple[str, date | None, date | None]] = [
        (_("Today"), today, today),
        (_("Yesterday"), today - timedelta(days=1), today - timedelta(days=1)),
        (_("Last 7 days"), today - timedelta(days=6), today),
        (_("This month"), month, today),
        (_("Last month"), last_month_end.replace(day=1), last_month_end),
        (_("Always"), None, None),
    ]
    return [(name, form.address(from_date=first, to_date=last)) for name, first, last in days]
