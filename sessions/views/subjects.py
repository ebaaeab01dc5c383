"""The page of what an act was about."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.translation import gettext as _

PAGES = {
    "patient": "logbook:patient",
    "consultation": "logbook:consultation",
    "course": "logbook:course",
    "session": "logbook:session",
}
LISTS = {"device": "logbook:devices", "definition": "logbook:definitions"}


def to_page_of(request: HttpRequest, subject: str) -> HttpResponseRedirect:
    """To the record named "kind:uid": where a form sent twice leads as well as one sent once.

    Who went back in the browser and changed something is told that only the first sending counts.
    """
    messages.info(request, _("This form was sent before; what it said the first time is stored. Please check it here."))
    kind, _colon, uid = subject.partition(":")
    return redirect(PAGES[kind], uid) if kind in PAGES else redirect(LISTS.get(kind, "home"))
