"""Sign, amend, add. Who signs has just given the password again; what is signed is kept as it was signed."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.accounts.models import User
from clinic.accounts.roles import Permission
from clinic.accounts.rules import why_not_may
from clinic.audit.act import Writing, act
from clinic.lib.canonical import canonical_json, digest
from clinic.lib.problems import Problem, Refused, refuse
from sessions.actions.figures import counts_for, note_signed
from sessions.actions.known import answers_of
from sessions.actions.session import rewrite
from sessions.actions.session_rows import Entry
from sessions.actions.whole import locked, whole, with_its_rows
from sessions.measures.words import Meaning, RecordStatus
from sessions.models import Addendum, Session, Signature
from sessions.rules.screening import why_not_perform
from sessions.rules.session import why_not_sign
from sessions.rules.signature import why_not_review
from sessions.rules.signed_record import signed_content


def problems_before_signing(session: Session, by: User) -> list[Problem]:
    """All that stands between this stored session (`with_rows`) and the signature of `by`."""
    problems = why_not_sign(session)
    if not by.is_physician or session.physician_id != by.pk:
        problems.append(
            Problem(
                "physician",
                _("The responsible physician signs. Change who is responsible, or let that person sign."),
                "signer",
            )
        )
    if session.was_performed and session.started_at and not session.late_record:
        consultation = session.course.consultation
        problems += why_not_perform(
            answers_of(session.patient, session),
            timezone.localdate(session.started_at),
            consultation_on=consultation.held_date if consultation else None,
            valid_days=settings.ANSWERS_VALID_DAYS,
        )
    return problems


def sign_session(
    *, by: User, session: Session, version: int, reason: str = "", key: UUID | None = None, at: datetime | None = None
) -> Session:
    """Sign a draft: from here on nothing edits it."""
    refuse(why_not_may(by, Permission.SIGN_RECORDS))
    with act("sign_session", by=by, reason=reason, key=key, at=at) as writing:
        stored = locked(session, version)
        if not stored.is_draft:
            raise Refused([Problem("", _("This record is signed already."), "signed")])
        with_its_rows(stored)
        stored.record_status = RecordStatus.FINAL
        meaning = Meaning.LATE_RECORD if stored.late_record else Meaning.AUTHORSHIP
        _sign(writing, stored, by=by, meaning=meaning, at=writing.at)
        stored.version += 1
        writing.change(stored, "record_status", "version")
        note_signed(stored)
        writing.about(f"session:{stored.uid}", stored.patient_id)
    return stored


def amend_session(
    *, by: User, session: Session, entry: Entry, version: int, reason: str, key: UUID | None = None
) -> Session:
    """Correct a signed record: a new revision, signed in the same act; the former one stays readable."""
    refuse(why_not_may(by, Permission.SIGN_RECORDS))
    if not reason.strip():
        raise Refused([Problem("reason", _("Write why the record is amended."))])
    with act("amend_session", by=by, reason=reason, key=key) as writing:
        stored = locked(session, version)
        if not stored.is_signed:
            raise Refused([Problem("", _("Only a signed record is amended."), "state")])
        before = counts_for(stored)
        stored.revision += 1
        stored.record_status = RecordStatus.AMENDED
        rewrite(writing, stored, entry, writing.at, "revision", "record_status")
        _sign(writing, whole(stored), by=by, meaning=Meaning.AMENDMENT, at=writing.at)
        note_signed(stored, before)
        writing.about(f"session:{stored.uid}", stored.patient_id)
    return stored


def add_addendum(*, by: User, session: Session, text: str, reason: str = "", key: UUID | None = None) -> Addendum:
    """Add to a signed record, which stays as it is."""
    refuse(why_not_may(by, Permission.SIGN_RECORDS))
    with act("add_addendum", by=by, reason=reason, key=key) as writing:
        Session.objects.select_for_update(no_key=True).get(pk=session.pk)  # nobody strikes it through meanwhile
        stored = whole(session)
        if not stored.is_signed:
            raise Refused([Problem("", _("An addendum belongs to a signed record."), "state")])
        if not text.strip():
            raise Refused([Problem("text", _("Write the addendum."))])
        addendum = Addendum(session=stored, text=text)
        writing.create(addendum)
        _write_signature(writing, stored, by=by, meaning=Meaning.ADDENDUM, at=writing.at, addendum=addendum)
        writing.about(f"session:{stored.uid}", stored.patient_id)
    return addendum


def review_session(*, by: User, session: Session, version: int, reason: str = "", key: UUID | None = None) -> Signature:
    """Countersign what somebody else signed: the record stays as it is, the review stays with this revision."""
    refuse(why_not_may(by, Permission.SIGN_RECORDS))
    with act("review_session", by=by, reason=reason, key=key) as writing:
        stored = with_its_rows(locked(session, version))
        refuse(why_not_review(stored, stored.signatures.all(), by))
        signature = _write_signature(writing, stored, by=by, meaning=Meaning.REVIEW, at=writing.at)
        writing.about(f"session:{stored.uid}", stored.patient_id)
    return signature


def _sign(writing: Writing, session: Session, *, by: User, meaning: str, at: datetime) -> None:
    refuse(problems_before_signing(session, by))
    _write_signature(writing, session, by=by, meaning=meaning, at=at)


def _write_signature(
    writing: Writing, session: Session, *, by: User, meaning: str, at: datetime, addendum: Addendum | None = None
) -> Signature:
    content = canonical_json(
        signed_content(
            session,
            meaning=meaning,
            signer=by,
            signed_at=at,
            time_zone=settings.TIME_ZONE,
            text=addendum.text if addendum else "",
        )
    )
    signature = Signature(
        session=session,
        revision=session.revision,
        meaning=meaning,
        signer=by,
        signer_name=by.full_name,
        signed_at=at,
        time_zone=settings.TIME_ZONE,
        addendum=addendum,
        content=content,
        digest=digest(content),
    )
    writing.create(signature)
    return signature
