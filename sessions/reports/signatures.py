"""Do the signatures hold: of one session for its page, of all for the verifier, in batches and few queries."""

import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from django.db import OperationalError, models
from django.utils.translation import gettext as _

from clinic.accounts.models import User
from clinic.audit.stored import history_of
from clinic.lib.canonical import digest
from sessions.measures.words import Meaning, RecordStatus
from sessions.models import Course, Device, Patient, Session, Signature
from sessions.reports.signed_rows import StoredSession, StoredSignature, stored_sessions
from sessions.rules.signature import AUTHORSHIP, Alteration, why_not_intact, why_not_signed_through
from sessions.rules.signed_record import FORMAT, AsKnown

BATCH = 500
BY_AUTHOR = (*AUTHORSHIP, Meaning.AMENDMENT)
# Who was renamed while somebody else signed was signed by either name: nobody can tell which came first.
AT_ONCE = timedelta(minutes=1)
MOST_LOOKS = 5
Said = tuple[str, str, str]
Wrong = tuple[Signature | None, Alteration]


def check_signatures() -> Iterator[Said]:
    """Every alteration of a signature or of a signed record as (kind, record, words), session by session."""
    last = 0
    while keys := list(Session.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        for session, wrong in _wrong_in(_doubtful(last + 1, keys)):
            yield from _seen_twice(session.pk, [_said(session, *one) for one in wrong])
        last = keys[-1]


def _seen_twice(pk: int, said: list[Said]) -> list[Said]:
    """What is found must be found again: somebody may be amending the record while it is read."""
    for _look in range(MOST_LOOKS):
        if not said:
            break
        before = said
        said = [_said(session, *one) for session, wrong in _wrong_in([pk]) for one in wrong]
        if said == before:
            break
    return said


def _doubtful(first: int, keys: list[int]) -> list[int]:
    """Which of these sessions need a second look: all, where the database cannot write what was put into one."""
    try:
        found = stored_sessions(first, keys[-1])
    except (OperationalError, ValueError, RecursionError) as error:
        if "UTF-8" in str(error):  # the verifier reads such text in its own way
            raise
        return keys
    return [stored.pk for stored in found if not _beyond_doubt(stored)]


def _beyond_doubt(stored: StoredSession) -> bool:
    """Whether nothing about this session needs a second look: it says less than `why_not_intact`, never more."""
    if stored.record_status == RecordStatus.PRELIMINARY:
        return not stored.signatures and stored.consistent
    final = stored.record_status == (RecordStatus.FINAL if stored.revision == 1 else RecordStatus.AMENDED)
    by_author = {row.values["revision"] for row in stored.signatures if row.values["meaning"] in BY_AUTHOR}
    whole = by_author >= set(range(1, stored.revision + 1))
    return final and whole and stored.consistent and all(_holds(row, stored) for row in stored.signatures)


def _holds(row: StoredSignature, stored: StoredSession) -> bool:
    values = row.values
    if not row.as_given or digest(values["content"]) != values["digest"]:
        return False
    if row.account_name != values["signer_name"] or row.addendum_session not in (None, stored.pk):
        return False
    beside = {
        "format": FORMAT,
        "meaning": values["meaning"],
        "signer": values["signer_name"],
        "signer_account": row.account,
        "signed_at": values["signed_at"],
        "time_zone": values["time_zone"],
        "revision": values["revision"],
        "text": row.text,
    }
    if values["revision"] == stored.revision:
        said = {name: _as_json(value) for name, value in beside.items()} | stored.parts
        whole = ",".join(f'"{name}":{said[name]}' for name in sorted(said))
        return bool(values["content"] == f"{{{whole}}}")
    try:
        signed = json.loads(values["content"])
    except ValueError:
        return False
    same = all(signed.get(name) == value for name, value in beside.items())
    return same and signed["session"]["uid"] == stored.uid


_as_json = json.JSONEncoder(ensure_ascii=False).encode


def alterations_of(
    session: Session, signatures: Sequence[Signature], given: dict[int, Any], *, struck: bool
) -> list[Wrong]:
    """What is wrong with the signatures of one session (`with_rows`), each given with its signer and addendum.

    `given` has the history row of each signature's beginning, `struck` is whether the history knows the act that marked
    the session entered in error. No query, unless something looks wrong.
    """
    return _looked_at_again([(session, signatures)], given, {session.pk} if struck else set())[0][1]


def given_rows(signatures: Iterable[Signature]) -> dict[int, Any]:
    """The first history row of each signature, with its act; one query."""
    history = Signature.history.model.objects.filter(id__in=[row.pk for row in signatures], history_type="+")
    return {row.id: row for row in history.select_related("act").order_by("-history_id")}


def _said(session: Session, signature: Signature | None, alteration: Alteration) -> Said:
    words = alteration.words
    if signature is not None:
        whose = f"{signature.signer_name}, {signature.signed_at:%Y-%m-%d %H:%M} UTC, {signature.get_meaning_display()}"
        words = _("%(row)s: %(words)s") % {"row": whose, "words": words}
    return alteration.kind, f"session:{session.uid}", words


def _wrong_in(keys: list[int]) -> list[tuple[Session, list[Wrong]]]:
    batch = list(Session.objects.with_rows().filter(pk__in=keys).order_by("pk"))
    rows = list(
        Signature.objects.filter(session__in=keys)
        .select_related("signer", "addendum")
        .order_by("session_id", "signed_at", "id")
    )
    by_session: dict[int, list[Signature]] = defaultdict(list)
    for row in rows:
        by_session[row.session_id].append(row)
    pairs = [(session, by_session[session.pk]) for session in batch]
    struck = _struck([session for session in batch if session.is_in_error])
    struck |= {session.pk for session in batch if not session.is_in_error}
    return _looked_at_again(pairs, given_rows(rows), struck)


def _struck(sessions: Sequence[Session]) -> set[int]:
    """Which of these the history knows as marked entered in error by an act of its own."""
    if not sessions:
        return set()
    history = Session.history.model.objects.filter(id__in=[row.pk for row in sessions])
    return set(history.filter(record_status=RecordStatus.IN_ERROR).values_list("id", flat=True))


def _looked_at_again(
    pairs: Sequence[tuple[Session, Sequence[Signature]]], given: dict[int, Any], struck: set[int]
) -> list[tuple[Session, list[Wrong]]]:
    """First against what is stored now; only where something differs, against what was known at the time."""
    doubtful = [
        (session, signature)
        for session, signatures in pairs
        for signature in signatures
        if why_not_intact(signature, session, given.get(signature.pk))
    ]
    wrong: dict[int, list[Wrong]] = defaultdict(list)
    versions = Versions(doubtful) if doubtful else None
    for session, signature in doubtful:
        assert versions is not None  # noqa: S101 -- there are doubtful ones
        found = versions.why_not_intact(signature, session, given.get(signature.pk))
        wrong[session.pk] += [(signature, alteration) for alteration in found]
    for session, signatures in pairs:
        whole = why_not_signed_through(session, signatures, struck=session.pk in struck)
        wrong[session.pk] += [(None, alteration) for alteration in whole]
    return [(session, wrong[session.pk]) for session, _signatures in pairs]


class Versions:
    """What the history knows of patients, courses, devices and accounts: each version with the act that wrote it."""

    def __init__(self, doubtful: Iterable[tuple[Session, Signature]]) -> None:
        keys: dict[type[models.Model], set[int | None]] = {Patient: set(), Course: set(), Device: set(), User: set()}
        for session, signature in doubtful:
            keys[Patient].add(session.patient_id)
            keys[Course].add(session.course_id)
            keys[Device].add(session.device_id)
            keys[User] |= {session.physician_id, session.operator_id, signature.signer_id, *_deciders(session)}
        self._rows: dict[tuple[type[models.Model], int], list[Any]] = defaultdict(list)
        for model, pks in keys.items():
            history = history_of(model).objects.filter(id__in=pks - {None})
            for row in history.order_by("history_id"):
                self._rows[model, row.id].append(row)

    def why_not_intact(self, signature: Signature, session: Session, given: Any) -> list[Alteration]:
        """What is wrong with a signature against what was known when it was given, or in the same minute."""
        ways = (why_not_intact(signature, session, given, self._at(given, shift)) for shift in (0, -1, 1))
        first = next(ways)
        return [] if not first or not all(ways) else first

    def _at(self, given: Any, shift: int) -> AsKnown:
        def as_known(row: Any) -> Any:
            rows = self._rows[type(row), row.pk]
            place = bisect_right([kept.act_id for kept in rows], given.act_id) - 1 if given else len(rows) - 1
            if shift and given and 0 <= place + shift < len(rows):
                changed = rows[max(place, place + shift)].history_date
                place += shift if abs(changed - given.history_date) <= AT_ONCE else 0
            # The last version is the stored row itself: whoever changed it without an act shows.
            return rows[place] if 0 <= place < len(rows) - 1 else row

        return as_known


def _deciders(session: Session) -> set[int]:
    screening = getattr(session, "screening", None)
    if screening is None:
        return set()
    return {decision.physician_id for answer in screening.answers.all() for decision in answer.decisions.all()}
