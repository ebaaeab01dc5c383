"""A long history in short time: a block of real patients and signed sessions, then copies of it, row for row.

The block is written by the acts. A copy is what the same acts would write again for other patients: its live rows, its
history, its acts, its signatures over their own contents, and an entry of the chain for each act over the rows as the
database stored them. The guards of the database stand all the while.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import uuid4

from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.models import Max
from django.utils import timezone

from bench import rows
from clinic.accounts.models import User
from clinic.audit.chain import SHAPE_DIGITS, head, mac_of, moment_text, texts_of
from clinic.audit.keys import ring
from clinic.audit.models import Act, Link
from clinic.audit.stored import history_of, recorded_models, shape_now
from clinic.lib.canonical import digest
from sessions.actions.figures import rebuild_figures
from sessions.actions.session import log_session
from sessions.actions.signature import sign_session
from sessions.models import Device, Patient, Session, Signature
from sessions.reports.figures import counted

COURSES, SESSIONS_A_COURSE, ENTRIES_AT_ONCE = 30, 10, 1000
UID = re.compile(r'(?<="uid":")[^"]+')
NUMBER = re.compile(r'(?<="record_number":")[^"]+')
# The digits of an identifier that tell a copy: its last group.
TOLD_BY = 12
# What an act says of its own time.
NOW = ("at", "history_date", "signed_at")


@dataclass(frozen=True)
class Block:
    """The keys of what was written, first and last, by table; and its signatures, whose contents are made anew."""

    spans: dict[type[models.Model], tuple[int, int]]
    signatures: list[Signature]
    device: str

    def shift(self, model: type[models.Model], turn: int) -> int:
        """By how much the keys of a copy lie behind those of the block; none for what all copies share."""
        first, last = self.spans.get(model, (1, 0))
        return (last - first + 1) * turn


def fill(by: User, machine: Device, entries: int) -> None:
    """Signed sessions, ten a course, each logged by one act and signed by another, until there are so many entries."""
    block = _block(by, machine)
    _know_sizes()
    turn = 0
    while Link.objects.count() < entries:
        turn += 1
        with transaction.atomic():
            _copy(block, turn, timezone.now())
    rebuild_figures(counted())
    _know_sizes()


def _know_sizes() -> None:
    """PostgreSQL counts its rows, or guards read whole tables; and the next keys follow those that were given here."""
    if connection.vendor == "postgresql":
        every = [Act, *recorded_models(), *map(history_of, recorded_models())]
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), every):
                cursor.execute(statement)
            cursor.execute("ANALYZE")


# --- The block -----------------------------------------------------------------------------------


def _block(by: User, machine: Device) -> Block:
    before = _last_keys()
    for number in range(COURSES * SESSIONS_A_COURSE):
        if number % SESSIONS_A_COURSE == 0:
            course = rows.course(by, f"Filled {number}")
        entry = rows.entry(by, machine, number % SESSIONS_A_COURSE + 1, asked=True)
        session = log_session(by=by, course=course, entry=entry, key=uuid4())
        sign_session(by=by, session=session, version=session.version)
    spans = {model: (before[model] + 1, last) for model, last in _last_keys().items() if last > before[model]}
    signatures = list(Signature.objects.filter(pk__range=spans[Signature]))
    return Block(spans, signatures, str(machine.uid))


def _last_keys() -> dict[type[models.Model], int]:
    return {model: models.QuerySet(model).aggregate(last=Max("pk"))["last"] or 0 for model in (Act, *recorded_models())}


# --- A copy --------------------------------------------------------------------------------------


def _copy(block: Block, turn: int, at: datetime) -> None:
    _insert_moved(Act, Act, block, turn, at)
    for model in recorded_models():
        if model is Signature:
            _sign(block, turn, at)
        elif model in block.spans:
            _insert_moved(model, model, block, turn, at)
        if model in block.spans:
            _insert_moved(history_of(model), model, block, turn, at)
    first, last = (key + block.shift(Act, turn) for key in block.spans[Act])
    for begin in range(first, last + 1, ENTRIES_AT_ONCE):
        _seal(range(begin, min(begin + ENTRIES_AT_ONCE, last + 1)), at)


def _insert_moved(table: type[models.Model], of: type[models.Model], block: Block, turn: int, at: datetime) -> None:
    """The rows of the block once more, moved behind it, by the database itself; `of` is whose rows or history they are."""
    fields = [field for field in table._meta.local_concrete_fields if field.name != "history_id"]
    names = ", ".join(f'"{field.column}"' for field in fields)
    moved = [_moved(field, of, block, turn) for field in fields]
    values = [connection.ops.adapt_datetimefield_value(at)] * moved.count("%s")
    # A history row is the block's by its act: an act may touch rows that are older than the block.
    key, (first, last) = ("id", block.spans[of]) if table is of else ("act_id", block.spans[Act])
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{table._meta.db_table}" ({names}) SELECT {", ".join(moved)} FROM "{table._meta.db_table}" h '
            f'WHERE "{key}" BETWEEN {first} AND {last} ORDER BY "{table._meta.pk.column}"',
            values,
        )


def _moved(field: models.Field, of: type[models.Model], block: Block, turn: int) -> str:
    """SQL: the column in a copy. Keys move, identifiers and subjects tell the copy, what the act says of the time is now."""
    column, told_by = f'"{field.column}"', f"{turn:0{TOLD_BY}x}"
    points_to = of if field.name == "id" else Patient if field.name == "patient_id" else field.related_model
    if points_to in block.spans:
        return f"{column} + {block.shift(points_to, turn)}"
    if isinstance(field, models.UUIDField) and connection.vendor == "postgresql":
        return f"overlay({column}::text placing '{told_by}' from {37 - TOLD_BY})::uuid"
    if isinstance(field, models.UUIDField) or field.name == "subject":
        return f"substr({column}, 1, length({column}) - {TOLD_BY}) || '{told_by}'"
    if field.name == "digest":  # of the history of a signature
        return f'(SELECT s."digest" FROM "logbook_signature" s WHERE s."id" = h."id" + {block.shift(of, turn)})'
    if field.name == "record_number":
        return f"{column} || '.{turn}'"
    return "%s" if field.name in NOW else column


def _sign(block: Block, turn: int, at: datetime) -> None:
    """Signatures over what the copies say of themselves: their identifiers, and the time."""
    told_by = f"{turn:0{TOLD_BY}x}"
    copies = []
    for row in block.signatures:
        was, now = (f"{moment_text(moment).replace(' ', 'T')}Z" for moment in (row.signed_at, at))
        content = UID.sub(lambda uid: uid[0] if uid[0] == block.device else uid[0][:-TOLD_BY] + told_by, row.content)
        content = NUMBER.sub(rf"\g<0>.{turn}", content.replace(was, now))
        said = {field.attname: getattr(row, field.attname) for field in Signature._meta.concrete_fields}
        said |= {"id": row.pk + block.shift(Signature, turn), "session_id": row.session_id + block.shift(Session, turn)}
        copies.append(Signature(**said | {"signed_at": at, "content": content, "digest": digest(content)}))
    models.QuerySet(Signature).bulk_create(copies)


def _seal(act_ids: range, at: datetime) -> None:
    keys, (covered, shape), last = ring(), shape_now(), head()
    number, mac = last.number, last.mac
    texts, links = texts_of(act_ids, covered), []
    for act_id in act_ids:
        sealed = sha256(texts[act_id].encode("utf-8", "surrogatepass")).digest()
        number, mac = number + 1, mac_of(keys, number + 1, mac, moment_text(at), sealed)
        links.append(
            Link(
                number=number, act_id=act_id, at=at, shape_id=shape[:SHAPE_DIGITS], digest=sealed, key_id=keys.key_id, mac=mac
            )
        )  # fmt: skip
    Link.objects.bulk_create(links)
