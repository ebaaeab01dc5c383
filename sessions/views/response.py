"""What counts as a response: the published definitions, and the clinic's own with all their versions."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from clinic.accounts.roles import Permission
from clinic.gate import PersonRequest, requires
from clinic.lib.problems import AlreadyDone, Refused
from sessions.actions.response import change_response, define_response, retire_response
from sessions.forms.response import ChangeResponseForm, ResponseForm, RetireResponseForm
from sessions.models import ResponseDefinition
from sessions.reports.responses import in_lines
from sessions.views.subjects import to_page_of


@require_safe
@requires(Permission.SEE_REPORTS)
def definitions(request: PersonRequest) -> HttpResponse:
    """Every definition with its rule and source; names no patient."""
    return render(request, "logbook/response/list.html", {"groups": in_lines()})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.SIGN_RECORDS)
def new(request: PersonRequest) -> HttpResponse:
    """Define a response, with its source."""
    form = ResponseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            define_response(by=request.user, values=form.values(), key=form.cleaned_data["form_key"])
        except AlreadyDone as done:
            return to_page_of(request, done.subject)
        except Refused as refused:
            form.add_problems(refused.problems)
        else:
            messages.success(request, _("The definition can be used in reports."))
            return redirect("logbook:definitions")
    return render(request, "logbook/response/form.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.SIGN_RECORDS)
def change(request: PersonRequest, uid: UUID) -> HttpResponse:
    """Change a definition: a new version of it, with a reason."""
    definition = get_object_or_404(ResponseDefinition, uid=uid)
    form = ChangeResponseForm(request.POST or None, instance=definition)
    if request.method == "POST" and form.is_valid():
        try:
            change_response(
                by=request.user,
                definition=definition,
                values=form.values(),
                reason=form.cleaned_data["reason"],
                key=form.cleaned_data["form_key"],
            )
        except AlreadyDone as done:
            return to_page_of(request, done.subject)
        except Refused as refused:
            form.add_problems(refused.problems)
        else:
            messages.success(request, _("The new version is in use; the one before stays readable."))
            return redirect("logbook:definitions")
    return render(request, "logbook/response/form.html", {"form": form, "definition": definition})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.SIGN_RECORDS)
def retire(request: PersonRequest, uid: UUID) -> HttpResponse:
    """Take a definition out of use, with a reason."""
    definition = get_object_or_404(ResponseDefinition, uid=uid)
    form = RetireResponseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            retire_response(
                by=request.user,
                definition=definition,
                reason=form.cleaned_data["reason"],
                key=form.cleaned_data["form_key"],
            )
        except AlreadyDone as done:
            return to_page_of(request, done.subject)
        except Refused as refused:
            form.add_problems(refused.problems)
        else:
            messages.success(request, _("The definition is not used any more."))
            return redirect("logbook:definitions")
    return render(request, "logbook/response/retire.html", {"form": form, "definition": definition})
