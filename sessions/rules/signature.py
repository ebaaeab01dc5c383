"""Does a signature still hold, and if not, what is wrong: on the signature, the session and their history in hand."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from clinic.accounts.models import User
from clinic.lib.canonical import digest, plain
from clinic.lib.problems import Problem
from sessions.measures.words import Meaning, RecordStatus
from sessions.models import Session, Signature
from sessions.rules.signed_changes import changes, in_words
from sessions.rules.signed_record import FORMATS, AsKnown, as_stored, record_content

AUTHORSHIP = (Meaning.AUTHORSHIP, Meaning.LATE_RECORD)
# A month is counted in the clinic's time zone, which may have been another one when it was written.
FURTHEST_ZONE = timedelta(hours=14)


@dataclass(frozen=True)
class Alteration:
    """One thing that is wrong with a signature or with what it stands under."""

    kind: str
    words: str


def why_not_intact(
    signature: Signature, session: Session, given: Any, as_known: AsKnown = as_stored
) -> list[Alteration]:
    """What is wrong with `signature`, which stands under `session` (`with_rows`).

    `given` is the history row of the moment when it was given, None where there is none; `as_known` says what people,
    course and device were called at that moment.
    """
    found = [*_against_history(signature, given)]
    if digest(signature.content) != signature.digest:
        found.append(Alteration("content altered", _("What was signed does not match its SHA-256.")))
    signed = _read(signature.content)
    if signed is None:
        return [*found, Alteration("content altered", _("What was signed cannot be read."))]
    if signed["session"]["uid"] != str(session.uid):
        return [*found, Alteration("signature copied", _("This signature was given under another session."))]
    found += _against_row(signature, signed, as_known)
    if signature.revision == session.revision:
        places = [in_words(change) for change in changes(_record_of(signed), plain(record_content(session, as_known)))]
        if places:
            words = _("Changed after signature: %(places)s.") % {"places": _("; ").join(dict.fromkeys(places))}
            found.append(Alteration("changed after signature", words))
    return found


def _read(content: str) -> dict[str, Any] | None:
    try:
        signed = json.loads(content)
        whole = signed["format"] in FORMATS and isinstance(signed["session"]["uid"], str)
    except (ValueError, KeyError, TypeError):
        return None
    return signed if whole else None


def _record_of(signed: dict[str, Any]) -> dict[str, Any]:
    beside = {"format", "meaning", "signer", "signer_account", "signed_at", "time_zone", "revision", "text"}
    return {name: value for name, value in signed.items() if name not in beside}


def _against_history(signature: Signature, given: Any) -> Iterator[Alteration]:
    if given is None:
        yield Alteration("signature altered", _("No act stands behind this signature."))
        return
    names = [
        str(field.verbose_name)
        for field in given.tracked_fields
        if getattr(given, field.attname) != getattr(signature, field.attname)
    ]
    if names:
        words = _("The signature was changed since it was given: %(fields)s.") % {"fields": ", ".join(names)}
        yield Alteration("signature altered", words)


def _against_row(signature: Signature, signed: dict[str, Any], as_known: AsKnown) -> Iterator[Alteration]:
    """What stands beside the content must say what the content says."""
    account = as_known(signature.signer)
    addendum = signature.addendum
    beside = {
        "meaning": signature.meaning,
        "signer": signature.signer_name,
        "signer_account": account.username,
        "signed_at": plain(signature.signed_at),
        "time_zone": signature.time_zone,
        "revision": signature.revision,
        "text": addendum.text if addendum else "",
    }
    columns = {"signer": "signer_name", "signer_account": "signer", "text": "addendum"}
    names = [_label(columns.get(name, name)) for name, value in beside.items() if signed.get(name, value) != value]
    if addendum and addendum.session_id != signature.session_id:
        names.append(_label("addendum"))
    if names:
        words = _("The signature says otherwise than what was signed: %(fields)s.") % {"fields": ", ".join(names)}
        yield Alteration("signature altered", words)
    if account.full_name != signature.signer_name:
        words = _("The account of the signer had another name when this was signed.")
        yield Alteration("signer renamed", words)


def _label(name: str) -> str:
    return next(str(field.verbose_name) for field in Signature._meta.concrete_fields if field.name == name)


def why_not_review(session: Session, signatures: Iterable[Signature], by: User) -> list[Problem]:
    """A second physician countersigns what somebody else signed, once per revision."""
    if not session.is_signed:
        return [Problem("", _("Only a signed record is reviewed."), "state")]
    here = [row for row in signatures if row.revision == session.revision and row.signer_id == by.pk]
    if by.pk == session.physician_id or any(row.meaning in (*AUTHORSHIP, Meaning.AMENDMENT) for row in here):
        return [Problem("", _("This record is your own: somebody else reviews it."), "own")]
    if any(row.meaning == Meaning.REVIEW for row in here):
        return [Problem("", _("You have reviewed this revision already."), "twice")]
    return []


def why_not_signed_through(
    session: Session, signatures: Iterable[Signature], *, struck: bool = True
) -> list[Alteration]:
    """What is wrong with a session as a whole: revisions without signature, and what does not follow from what is signed.

    `struck` says whether the history knows the act that marked it entered in error.
    """
    signatures = list(signatures)
    found = []
    if session.is_draft and signatures:
        found.append(Alteration("signature copied", _("A draft carries a signature.")))
    if session.is_in_error and not struck:
        found.append(Alteration("session altered", _("No act marked this session as entered in error.")))
    signed = {signature.revision for signature in signatures if signature.meaning in AUTHORSHIP}
    amended = {signature.revision for signature in signatures if signature.meaning == Meaning.AMENDMENT}
    if session.is_signed:
        expected = RecordStatus.FINAL if session.revision == 1 else RecordStatus.AMENDED
        if session.record_status != expected:
            found.append(Alteration("session altered", _("Its state and its revision contradict each other.")))
        missing = [n for n in range(1, session.revision + 1) if n not in (signed if n == 1 else amended)]
        words = _("Revision %(revision)s is signed by no author.")
        found += [Alteration("signature missing", words % {"revision": n}) for n in missing]
    return [*found, *_derived(session)]


def _derived(session: Session) -> Iterator[Alteration]:
    """What is not signed because it follows from what is (`signed_fields`)."""
    screening = getattr(session, "screening", None)
    if session.started_at:
        days = [(session.started_at + shift).date() for shift in (-FURTHEST_ZONE, FURTHEST_ZONE)]
        if session.month not in [day.replace(day=1) for day in days]:
            yield Alteration("session altered", _("The month does not follow from the start of the session."))
    elif session.month:
        yield Alteration("session altered", _("The month does not follow from the start of the session."))
    if session.course.patient_id != session.patient_id:
        yield Alteration("session altered", _("The course belongs to another patient."))
    if screening and screening.patient_id != session.patient_id:
        yield Alteration("session altered", _("The answers belong to another patient."))
