"""What the database itself refuses of the clinical tables: to change what is signed, to delete what no act deletes.

A session whose current revision has a signature over its content is locked with all its rows. Amending it raises the
revision by one; its rows may then be rewritten until the new revision is signed, in the same act.
"""

from collections.abc import Iterable, Iterator

from django.db import models

from clinic.audit.guard import Rule, append_only, differs, never_deleted, never_emptied, never_replaced
from sessions.measures.words import SIGNED, Meaning, RecordStatus
from sessions.models.application import Application, Phase
from sessions.models.course import Course, CourseSite
from sessions.models.device import Device, DeviceEntry
from sessions.models.event import AdverseEvent
from sessions.models.observation import Observation, Result, Sample
from sessions.models.patient import Patient
from sessions.models.receipt import Receipt, SavedFilter
from sessions.models.response import ResponseDefinition
from sessions.models.screening import Answer, Consultation, Decision, Screening
from sessions.models.session import IN_ERROR, Session
from sessions.models.signature import Addendum, Signature

# These stand beside the content of a record, and neither closes nor opens it.
BESIDE = (Meaning.ADDENDUM, Meaning.REVIEW, Meaning.IN_ERROR)
SESSION = Session._meta.db_table
LOCKED = "The session is signed: it is amended, not edited."
MOVED = "A row stays with the record that it was written for."
Model = type[models.Model]
ADDED_ONLY: tuple[Model, ...] = (Addendum, Signature, Decision, Consultation, Receipt)
NEVER_DELETED: tuple[Model, ...] = (
    *(Patient, Course, Device, Session, Result, Screening, Answer),
    *(SavedFilter, ResponseDefinition, DeviceEntry),
)
OF_THE_SESSION: tuple[Model, ...] = (Application, Observation, AdverseEvent, Sample)
REMOVED_FROM_DRAFTS: tuple[Model, ...] = (*OF_THE_SESSION, Phase, CourseSite)


def rules() -> Iterator[Rule]:
    """Every rule of the clinical tables."""
    for model in ADDED_ONLY:
        yield from append_only(model)
    for model in NEVER_DELETED:
        yield from never_deleted(model)
    for model in REMOVED_FROM_DRAFTS:
        yield from never_replaced(model, also_by_update=True)
        yield never_emptied(model)
    for model in OF_THE_SESSION:
        yield from _with_the_session(model, "session_id", '{row}."session_id"')
    yield from _with_the_session(Phase, "application_id", _session_of(Application, "application_id"))
    yield from _with_the_session(Screening, "session_id", '{row}."session_id"', deletes=False)
    yield from _with_the_session(Answer, "screening_id", _session_of(Screening, "screening_id"), deletes=False)
    yield from _of_consultations()
    yield from _of_sessions()
    yield from _of_signatures()
    yield from _struck_once(Result, "A result")
    yield from _struck_once(DeviceEntry, "An entry of a device")


# --- SQL -----------------------------------------------------------------------------------------


def _words(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def _signed(session: str) -> str:
    """SQL: the current revision of this session has a signature over its content."""
    return (
        f'EXISTS (SELECT 1 FROM "{Signature._meta.db_table}" g '  # noqa: S608 -- names of our own tables
        f'JOIN "{SESSION}" s ON s."id" = g."session_id" AND s."revision" = g."revision" '
        f'WHERE g."session_id" = {session} AND g."meaning" NOT IN ({_words(BESIDE)}))'
    )


def _session_of(parent: Model, column: str) -> str:
    """SQL: the session of a row's parent."""
    return f'(SELECT "session_id" FROM "{parent._meta.db_table}" WHERE "id" = {{row}}."{column}")'  # noqa: S608 -- as above


def _with_the_session(model: Model, parent: str, session: str, *, deletes: bool = True) -> Iterator[Rule]:
    """Rows of a signed session stay as they are, and no row changes the record that it belongs to."""
    table = model._meta.db_table
    yield Rule(table, "insert", LOCKED, _signed(session.format(row="NEW")), "signed")
    yield Rule(table, "update", LOCKED, _signed(session.format(row="OLD")), "signed")
    if deletes:
        yield Rule(table, "delete", LOCKED, _signed(session.format(row="OLD")), "signed")
    yield Rule(table, "update", MOVED, differs([parent]), "place")


# --- One table each ------------------------------------------------------------------------------


def _of_consultations() -> Iterator[Rule]:
    """What was answered at a consultation stays; no act changes it."""
    words = "What was answered at a consultation is never changed."
    yield Rule(Screening._meta.db_table, "update", words, 'OLD."consultation_id" IS NOT NULL', "consultation")
    at_one = _session_of(Screening, "screening_id").format(row="OLD") + " IS NULL"
    yield Rule(Answer._meta.db_table, "update", words, at_one, "consultation")


def _of_sessions() -> Iterator[Rule]:
    signed = _signed('OLD."id"')
    moves = {"record_status", "version", "revision"}
    rest = differs(str(field.column) for field in Session._meta.concrete_fields if field.column not in moves)
    firm = f'NEW."record_status" IN ({_words(SIGNED)})'
    opens = f'(NEW."revision" = OLD."revision" + 1 AND NEW."record_status" = \'{RecordStatus.AMENDED}\')'
    changed = f'({rest} OR NEW."revision" <> OLD."revision" OR NEW."record_status" = \'{RecordStatus.PRELIMINARY}\')'
    yield Rule(SESSION, "update", LOCKED, f"{changed} AND NOT {opens} AND {signed}", "signed")
    yield Rule(
        SESSION,
        "update",
        "A session is signed before it is final, and before its next revision.",
        f'({firm} OR NEW."revision" <> OLD."revision") AND NOT {signed}',
        "unsigned",
    )
    yield Rule(
        SESSION,
        "update",
        MOVED,
        differs(["uid", "patient_id", "course_id"]),
        "place",
    )
    yield Rule(
        SESSION,
        "update",
        "What was entered in error is never changed.",
        f"OLD.\"record_status\" = '{IN_ERROR}'",
        "in_error",
    )
    yield from _numbers_of_sessions()


def _numbers_of_sessions() -> Iterator[Rule]:
    """The one key of ours that has a condition, against REPLACE as `never_replaced` holds the others."""
    standing = f"\"record_status\" <> '{IN_ERROR}'"
    taken = (
        f'NEW.{standing} AND EXISTS (SELECT 1 FROM "{SESSION}" WHERE "course_id" = NEW."course_id" '  # noqa: S608 -- as above
        f'AND "number" = NEW."number" AND "id" <> {{own}} AND {standing})'
    )
    words = f"UNIQUE constraint failed: {SESSION}.course_id, {SESSION}.number"
    for event, own in (("insert", "0"), ("update", 'OLD."id"')):
        yield Rule(SESSION, event, words, taken.format(own=own), "once_number", engines=("sqlite",))


def _of_signatures() -> Iterator[Rule]:
    table = Signature._meta.db_table
    current = f'(SELECT "revision" FROM "{SESSION}" WHERE "id" = NEW."session_id")'  # noqa: S608 -- as above
    words = "A signature stands under the present revision of its session."
    yield Rule(table, "insert", words, f'NEW."revision" IS DISTINCT FROM {current}', "revision")
    signed = _signed('NEW."session_id"')
    twice = f'NEW."meaning" NOT IN ({_words(BESIDE)}) AND {signed}'
    yield Rule(table, "insert", "This revision is signed already.", twice, "twice")


def _struck_once(model: Model, name: str) -> Iterator[Rule]:
    """A row is struck through, once; nothing else of it changes."""
    mark = {"in_error", "error_reason"}
    rest = differs(str(field.column) for field in model._meta.concrete_fields if field.column not in mark)
    words = f"{name} is marked as entered in error, once; nothing else of it is changed."
    yield Rule(model._meta.db_table, "update", words, f'{rest} OR OLD."in_error" OR NOT NEW."in_error"', "mark")
