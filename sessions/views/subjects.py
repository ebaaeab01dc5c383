"""The page of what an act was about."""

from django.http import HttpResponseRedirect
from django.shortcuts import redirect

PAGES = {
    "patient": "logbook:patient",
    "consultation": "logbook:consultation",
    "course": "logbook:course",
    "session": "logbook:session",
}


def to_page_of(subject: str) -> HttpResponseRedirect:
    """To the record named "kind:uid": where a form sent twice leads as well as one sent once."""
    kind, _colon, uid = subject.partition(":")
    return redirect(PAGES[kind], uid) if kind in PAGES else redirect("logbook:devices" if kind == "device" else "home")
