"""The list of sessions: every session within the limits, sorted by any column, page by page."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clinic.accounts.roles import Permission
from clinic.audit.access import record_look
from clinic.gate import PersonRequest, requires
from sessions.forms.session_list import SessionListForm
from sessions.reports.periods import usual_periods
from sessions.reports.session_list import LIST_COLUMNS
from sessions.reports.session_order import USUAL
from sessions.reports.session_page import COUNTED, NoSuchPlace, sessions_page


@require_safe
@requires(Permission.FIND_PATIENTS, shows_patient=True)
def sessions(request: PersonRequest) -> HttpResponse:
    """One page of the list; who may not read records comes from it to the patients alone."""
    form = SessionListForm(request.GET)
    if not form.is_valid():
        return _refused(request, form)
    asked = form.cleaned_data
    try:
        page = sessions_page(form.chosen(), form.chosen_sort, after=asked["after"], before=asked["before"])
    except NoSuchPlace:
        form.add_error(None, _("The page of the list is not known. Begin again with the first page."))
        return _refused(request, form)
    record_look(request, page.patients, "list")
    context = _around(form) | {
        "page": page,
        "most": COUNTED,
        "heads": _heads(form),
        "following": _address(form, after=page.after) if page.after else "",
        "preceding": _address(form, before=page.before) if page.before else "",
        "first": _address(form),
        "reads_records": request.user.may(Permission.READ_RECORDS),
    }
    return render(request, "logbook/session/list.html", context)


def _heads(form: SessionListForm) -> list[dict[str, Any]]:
    """The columns, how each is sorted now, and where a click on it leads."""
    sort = form.chosen_sort
    heads = []
    for column in LIST_COLUMNS:
        # Times begin with the newest, everything else at the beginning of the alphabet.
        first, other = (
            (f"-{column.name}", column.name) if column.name == "started_at" else (column.name, f"-{column.name}")
        )
        is_sorted = "" if sort not in (first, other) else "descending" if sort.startswith("-") else "ascending"
        wanted = other if sort == first else first
        heads.append({"column": column, "sorted": is_sorted, "address": _address(form, sort=wanted)})
    return heads


def _address(form: SessionListForm, *, sort: str = "", **place: Any) -> str:
    """The question of another page of this list."""
    sort = sort or form.chosen_sort
    parts = [("sort", "" if sort == USUAL else sort), *place.items()]
    return "?" + "&".join(filter(None, [form.limits(), urlencode([(name, value) for name, value in parts if value])]))


def _around(form: SessionListForm) -> dict[str, Any]:
    return {
        "form": form,
        "periods": usual_periods(timezone.localdate()),
        "beside_period": form.without_period() if form.is_valid() else "",
    }


def _refused(request: PersonRequest, form: SessionListForm) -> HttpResponse:
    record_look(request, [], "list")
    return render(request, "logbook/session/list.html", _around(form), status=400)
