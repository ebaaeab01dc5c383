"""What the records are called that acts and looks name: "Session 3 (hyperhidrosis)", "Account of Dr Morel"."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from clinic.accounts.models import User
from clinic.accounts.roles import Role
from clinic.audit.changes import plainly
from clinic.audit.verify.words import kind_in_words
from sessions.models import (
    Consultation,
    Course,
    Device,
    DeviceEntry,
    Patient,
    ResponseDefinition,
    Result,
    Sample,
    Session,
)
from sessions.reports.registry import BY_CODE as REPORTS


@dataclass(frozen=True)
class Named:
    """A record in words; `subject` finds it in the trail, `kind` and `uid` its own history where it has one."""

    words: str
    subject: str = ""
    kind: str = ""
    uid: str = ""


NOTHING = Named("")
# "leroy: staff", "leroy: staff → auditor": an account and its role, as an access keeps them in no language.
ROLES = re.compile(rf"(?P<name>\S+): (?P<roles>({'|'.join(Role.values)})( → ({'|'.join(Role.values)}))?)")
EMERGENCY = re.compile(r"emergency (?P<mark>[0-9a-f]{8})")
# What a verification found, counted by kind: "altered: row altered (1), signer renamed (2)".
VERIFIED = re.compile(r"(?:altered|unknown): (?P<counts>.*)")

# The records that have a page of their own history.
RECORDS: dict[str, type[models.Model]] = {
    "patient": Patient,
    "consultation": Consultation,
    "course": Course,
    "session": Session,
    "device": Device,
    "definition": ResponseDefinition,
}
# Which rows an address or an act may name, and how each is called.
SAID: dict[str, tuple[Any, Callable[[Any], str]]] = {
    "patient": (Patient.objects, lambda row: _("Patient's details")),
    "consultation": (
        Consultation.objects,
        lambda row: _("Consultation of %(day)s") % {"day": plainly(row.held_date)},
    ),
    "course": (
        Course.objects,
        lambda row: _("Course: %(indication)s") % {"indication": row.get_indication_display()},
    ),
    "session": (
        Session.objects.select_related("course"),
        lambda row: (
            _("Session %(number)s (%(indication)s)")
            % {"number": row.number, "indication": row.course.get_indication_display()}
        ),
    ),
    "device": (Device.objects, lambda row: _("Device %(device)s") % {"device": row}),
    "device-entry": (
        DeviceEntry.objects.select_related("device"),
        lambda row: _("Device %(device)s, %(what)s") % {"device": row.device, "what": row.get_kind_display()},
    ),
    "definition": (
        ResponseDefinition.objects,
        lambda row: _("Response “%(name)s”, version %(version)s") % {"name": row.name, "version": row.version},
    ),
    "sample": (Sample.objects, lambda row: _("Sample %(number)s") % {"number": row.sample_id}),
    "result": (
        Result.objects.select_related("sample"),
        lambda row: _("Result of sample %(number)s") % {"number": row.sample.sample_id},
    ),
}


def subjects_in_words(subjects: Iterable[str]) -> dict[str, Named]:
    """What each "kind:key" is called; one query for each kind among them."""
    keys: dict[str, set[str]] = defaultdict(set)
    for subject in subjects:
        kind, _colon, key = subject.partition(":")
        keys[kind].add(key)
    names: dict[str, Named] = {"": NOTHING}
    for kind, found in keys.items():
        if kind in SAID:
            names |= {named.subject: named for named in _by_uid(kind, found).values()}
        elif kind == "user":
            names |= _accounts(found)
        elif kind:
            names |= {f"{kind}:{key}": Named(_other(kind, key)) for key in found}
    return names


def records_in_words(uids: Iterable[UUID]) -> dict[UUID, Named]:
    """What each record is called whose address somebody opened; one query for each kind of record."""
    wanted = {str(uid) for uid in uids}
    names: dict[UUID, Named] = {}
    for kind in SAID if wanted else ():
        names |= _by_uid(kind, wanted)
    return names


def patients_in_words(keys: Iterable[int | None]) -> dict[int, Patient]:
    """The patients with these keys; one query."""
    return Patient.objects.in_bulk({key for key in keys if key is not None})


def _by_uid(kind: str, uids: Iterable[str]) -> dict[UUID, Named]:
    rows, say = SAID[kind]
    with_history = kind if kind in RECORDS else ""
    return {
        row.uid: Named(say(row), f"{kind}:{row.uid}", with_history, str(row.uid)) for row in rows.filter(uid__in=uids)
    }


def _accounts(keys: Iterable[str]) -> dict[str, Named]:
    found = User.objects.filter(pk__in=[key for key in keys if key.isdigit()])
    return {
        f"user:{user.pk}": Named(_("Account of %(name)s") % {"name": user.full_name}, f"user:{user.pk}")
        for user in found
    }


def _other(kind: str, key: str) -> str:
    """A report that left the logbook, and whatever else an act names without a page of its own."""
    if kind == "report":
        known = {"trail": _("Trail: changes"), "looks": _("Trail: looks")}
        return str(REPORTS[key].title) if key in REPORTS else known.get(key, capfirst(key))
    return capfirst(f"{kind} {key}".strip())


def detail_in_words(detail: str) -> str:
    """What an access says besides, with the words of the program in the reader's language and all else as it was kept."""
    if found := EMERGENCY.fullmatch(detail):
        return _("in an emergency (%(mark)s)") % {"mark": found["mark"]}
    if found := ROLES.fullmatch(detail):
        roles = " → ".join(str(Role(role).label) for role in found["roles"].split(" → "))
        return _("%(row)s: %(words)s") % {"row": found["name"], "words": roles}
    if found := VERIFIED.fullmatch(detail):
        return re.sub(r"[a-z][a-z ]*(?= \()", lambda kind: kind_in_words(kind[0]).lower(), found["counts"])
    return _("wrong code") if detail == "code" else detail
