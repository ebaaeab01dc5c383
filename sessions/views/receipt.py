"""Receipts of what left the logbook, with "run again and compare", and limits that somebody keeps under a name."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.accounts.roles import Permission
from clinic.gate import PersonRequest, requires
from clinic.lib.problems import AlreadyDone, Refused
from sessions.actions.report import drop_filter, save_filter
from sessions.forms.report import KeepForm, ReportForm
from sessions.models import Receipt, SavedFilter
from sessions.reports.parts import shows_names, title_of
from sessions.reports.receipts import compared, is_too_long, of_same_question, question_of, version_in_words
from sessions.reports.registry import BY_CODE
from sessions.views.report import report_found

RECEIPTS_ON_A_PAGE = 50


@require_safe
@requires(Permission.SEE_REPORTS)
def receipts(request: PersonRequest) -> HttpResponse:
    """The receipts of everybody, newest first; they name no patient."""
    page = Paginator(Receipt.objects.select_related("taken_by").order_by("-id"), RECEIPTS_ON_A_PAGE).get_page(
        request.GET.get("page")
    )
    lines = [(receipt, title_of(receipt)) for receipt in page]
    return render(request, "logbook/receipt/list.html", {"page": page, "lines": lines, "reports": BY_CODE})


@require_safe
@requires(Permission.SEE_REPORTS)
def receipt(request: PersonRequest, uid: UUID) -> HttpResponse:
    """One receipt: what was taken, by whom, and how to tell the file from another one."""
    found = get_object_or_404(Receipt.objects.select_related("taken_by"), uid=uid)
    return render(request, "logbook/receipt/show.html", _around(found))


@require_POST
@requires(Permission.SEE_REPORTS)
def compare(request: PersonRequest, uid: UUID) -> HttpResponse:
    """Run the report again as it was asked then, and say whether its numbers are the same; names nobody."""
    found = get_object_or_404(Receipt.objects.select_related("taken_by"), uid=uid)
    report = BY_CODE.get(found.report)
    if report is None:
        raise Http404
    context = _around(found)
    form = ReportForm(QueryDict(context["question"]), report=report)
    if not form.is_valid():
        context["not_possible"] = True
    elif is_too_long(found, report, form.chosen()):
        context["file_again"] = _file_again(found, context["question"])
    else:
        context["compared"] = compared(found, report, form.chosen(), form.cleaned_data)
    return render(request, "logbook/receipt/show.html", context)


def _around(found: Receipt) -> dict[str, Any]:
    report = BY_CODE.get(found.report)
    question = question_of(found, report) if report else found.question
    form = ReportForm(QueryDict(question), report=report) if report else None
    return {
        "receipt": found,
        "report": report,
        "part": title_of(found),
        "names": shows_names(found),
        "question": question,
        "limits": form.in_words() if form and form.is_valid() else question,
        "definition": version_in_words(found, report),
        "others": of_same_question(found),
    }


def _file_again(found: Receipt, question: str) -> str:
    """Where the same file is asked for anew."""
    where = reverse(f"logbook:report-{found.form}", args=[found.report])
    limits = [question, urlencode({"part": found.part}) if found.part else ""]
    return f"{where}?{'&'.join(filter(None, limits))}"


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.SEE_REPORTS)
def keep(request: PersonRequest, code: str) -> HttpResponse:
    """Keep the limits that stand in the address under a name."""
    report = report_found(request, code)
    limits = ReportForm(request.GET, report=report)
    if not limits.is_valid():
        return redirect(f"{reverse('logbook:report', args=[code])}?{request.GET.urlencode()}")  # which says why
    form = KeepForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            save_filter(
                by=request.user,
                report=code,
                name=form.cleaned_data["name"],
                question=limits.question(days=False),
                shared=form.cleaned_data["shared"],
                key=form.cleaned_data["form_key"],
            )
        except AlreadyDone:
            return redirect("logbook:reports")
        except Refused as refused:
            form.add_problems(refused.problems)
        else:
            messages.success(request, _("These limits are kept."))
            return redirect("logbook:reports")
    context = {"form": form, "report": report, "limits_in_words": limits.in_words()}
    return render(request, "logbook/report/keep.html", context)


@require_POST
@requires(Permission.SEE_REPORTS)
def drop(request: PersonRequest, uid: UUID) -> HttpResponse:
    """Take one's own kept limits out of use."""
    try:
        drop_filter(by=request.user, saved=get_object_or_404(SavedFilter, uid=uid))
    except Refused as refused:
        messages.error(request, " ".join(str(problem) for problem in refused.problems))
    else:
        messages.success(request, _("These limits are not kept any more."))
    return redirect("logbook:reports")
