"""Which questions of the screening were answered yes, what was decided, and the late records (domain 5.2, report 7)."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, npgettext

from clinic.lib.table import Column, Row, Table
from sessions.measures.answers import BY_CODE, ITEMS, DecisionWord, Reply
from sessions.measures.sites import Indication
from sessions.measures.words import SIGNED, RecordStatus
from sessions.models import Answer, Decision, Session, SessionFigures, Tally
from sessions.reports.newest import every, newest
from sessions.reports.report import ROWS_ON_A_PAGE, Asked, Built, Headline, Report
from sessions.reports.session_filter import SessionFilter, figures_within, start_of

# A database takes so many values in one question, and no more.
ANSWERS_AT_ONCE = 5_000
NAMED = ("family_name", "given_names", "record_number")
DEFINITION = (
    gettext_lazy(
        "Positive: a question answered yes, at a consultation or at a session, on a day of the period. Each asking counts "
        "once; a patient counts once for each question. What was asked at a session entered in error is not counted."
    ),
    gettext_lazy(
        "Decisions are those written at that very answer, the last one of each. An answer that stands unchanged may rest on "
        "an earlier decision, and stands here under “no decision of its own”."
    ),
    gettext_lazy(
        "Late records: signed sessions that took place although a question excluded them, or that were recorded as late for "
        "another reason, by the day of their start."
    ),
)


@dataclass
class Asking:
    """What was answered to one question."""

    yes: int = 0
    open: int = 0
    patients: int = 0
    decisions: Counter[str] = field(default_factory=Counter)

    @property
    def undecided(self) -> int:
        return self.yes - self.decisions.total()


@dataclass
class Found:
    """What one reading of the answers gives: by question, the patients with a yes, and the positives by their keys."""

    by_item: dict[str, Asking] = field(default_factory=lambda: defaultdict(Asking))
    patients: int = 0
    positives: list[int] = field(default_factory=list)


def build(asked: Asked) -> Built:
    """Per question the answers and decisions; for those who may see names, each positive and each late record."""
    found = _found(asked)
    late, number = _late(asked.chosen), _number_late(asked.chosen)
    yes = sum(one.yes for one in found.by_item.values())
    tables = [_items(found.by_item)]
    if asked.identities:
        tables += [_late_records(late, number, whole=asked.whole), _positives(found.positives, yes)]
    headline = (
        Headline(yes, ngettext("answer yes", "answers yes", yes)),
        Headline(found.patients, ngettext("patient with a yes", "patients with a yes", found.patients)),
        Headline(number, npgettext("counted", "late record", "late records", number)),
    )
    return Built(tuple(tables), headline)


# --- What is read --------------------------------------------------------------------------------


def _answers(chosen: SessionFilter) -> QuerySet[Answer]:
    """The answers that are yes or open, those asked at a session entered in error among them."""
    found = Answer.objects.exclude(reply=Reply.NO).exclude(reply=Reply.NOT_APPLICABLE).exclude(reply="")
    found = found.filter(screening__answered_at__isnull=False)
    if chosen.from_date:
        found = found.filter(screening__answered_at__gte=start_of(chosen.from_date))
    if chosen.to_date:
        found = found.filter(screening__answered_at__lt=start_of(chosen.to_date + timedelta(days=1)))
    return found.filter(screening__patient__sex=chosen.sex) if chosen.sex else found


def _found(asked: Asked) -> Found:
    """The answers are read once: both engines keep them until they are counted in each way."""
    columns = ("pk", "item", "reply", "screening__patient", "screening__answered_at", "screening__session")
    answers, values = _answers(asked.chosen).order_by().values_list(*columns).query.sql_with_params()
    limit = "" if asked.whole else f" LIMIT {ROWS_ON_A_PAGE}"
    page = f"SELECT * FROM found WHERE reply = '{Reply.YES}' ORDER BY answered_at DESC, id DESC{limit}"  # noqa: S608 -- names of our own tables
    statement = (
        # That a key is above nothing is always so, and lets SQLite take the index of those in error.
        "WITH wrong AS MATERIALIZED (SELECT session_id FROM logbook_sessionfigures "  # noqa: S608 -- as above
        f"WHERE session_id > 0 AND record_status = '{RecordStatus.IN_ERROR}'), "
        f"given (id, item, reply, patient_id, answered_at, session_id) AS ({answers}), "
        "found AS MATERIALIZED (SELECT given.* FROM given LEFT JOIN wrong ON wrong.session_id = given.session_id WHERE wrong.session_id IS NULL), "
        "people AS MATERIALIZED (SELECT item, reply, patient_id, COUNT(*) AS number FROM found GROUP BY item, reply, patient_id), "
        "decided AS (SELECT found.item, d.word FROM logbook_decision d JOIN found ON found.id = d.answer_id "
        f"WHERE found.reply = '{Reply.YES}' AND NOT EXISTS (SELECT 1 FROM logbook_decision z "
        "WHERE z.answer_id = d.answer_id AND (z.decided_date, z.id) > (d.decided_date, d.id))) "
        f"SELECT 'positive' AS what, item, reply AS word, id AS number, 0 AS patients, answered_at FROM ({page}) page "
        "UNION ALL SELECT 'answer', item, reply, CAST(SUM(number) AS bigint), COUNT(*), NULL FROM people GROUP BY item, reply "
        "UNION ALL SELECT 'decision', item, word, COUNT(*), 0, NULL FROM decided GROUP BY item, word "
        "UNION ALL SELECT 'people', '', '', 0, COUNT(*), NULL "
        f"FROM (SELECT DISTINCT patient_id FROM people WHERE reply = '{Reply.YES}') those"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall()
    found, positives = Found(), list[tuple[Any, int]]()
    for what, item, word, number, patients, answered_at in rows:
        if what == "positive":
            positives.append((answered_at, number))
        elif what == "people":
            found.patients = patients
        elif what == "decision":
            found.by_item[item].decisions[word] = number
        elif word == Reply.YES:
            found.by_item[item].yes, found.by_item[item].patients = number, patients
        else:
            found.by_item[item].open += number
    found.positives = [number for _answered_at, number in sorted(positives, reverse=True)]
    return found


# --- Tables --------------------------------------------------------------------------------------


def _items(found: dict[str, Asking]) -> Table:
    words = list(DecisionWord)
    columns = (
        Column("item", _("Question")),
        Column("level", _("Level")),
        Column("yes", _("Yes"), "number"),
        Column("patients", _("Patients"), "number"),
        *(Column(word.value, str(word.label), "number") for word in words),
        Column("undecided", _("No decision of its own"), "number"),
        Column("open", _("Not known or declined"), "number"),
    )
    rows = [
        Row(
            (
                str(item.short),
                str(item.level.label),
                one.yes,
                one.patients,
                *(one.decisions[word] for word in words),
                0 if item.absolute else one.undecided,
                one.open,
            )
        )
        for item in ITEMS
        if (one := found.get(item.code))
    ]
    empty = _("No question was answered with anything but no within these limits.")
    return Table("questions", _("By question"), columns, rows, empty=empty)


def _positives(keys: list[int], length: int) -> Table:
    columns = (
        Column("answered", _("Answered"), "moment"),
        Column("patient", _("Patient")),
        Column("record_number", _("Record number")),
        Column("item", _("Question")),
        Column("detail", _("Detail"), of_record=True),
        Column("decision", _("Decision")),
        Column("reason", _("Reason for the decision"), of_record=True),
        Column("physician", _("Physician")),
    )
    rows = [
        line for start in range(0, len(keys), ANSWERS_AT_ONCE) for line in _lines(keys[start : start + ANSWERS_AT_ONCE])
    ]
    empty = _("No question was answered yes within these limits.")
    return Table(
        "positives",
        _("Positives"),
        columns,
        rows,
        empty=empty,
        names_people=True,
        route="logbook:patient",
        length=length,
    )


def _lines(keys: list[int]) -> Iterator[Row]:
    """The lines of these answers, in their order."""
    person = ("screening__patient__uid", "screening__patient_id", *(f"screening__patient__{name}" for name in NAMED))
    read = (
        Answer.objects.filter(pk__in=keys)
        .order_by()
        .values_list("pk", "screening__answered_at", "item", "detail", *person)
    )
    answers = {key: values for key, *values in read}
    decided = Decision.objects.filter(answer__in=keys).order_by("decided_date", "id")
    last = {key: said for key, *said in decided.values_list("answer", "word", "reason", "physician__full_name")}
    for key in keys:
        if values := answers.get(key):
            answered_at, item, detail, uid, patient, family, given, record_number = values
            word, reason, physician = last.get(key, ("", "", ""))
            decision = str(DecisionWord(word).label) if word else ""
            said = (str(BY_CODE[item].short), detail, decision, reason, physician)
            yield Row((answered_at, f"{family} {given}", record_number, *said), key=uid, person=patient)


def _number_late(chosen: SessionFilter) -> int:
    """From the tallies, which stand by month; where the limits are others, counted one by one."""
    first, after = chosen.from_date, chosen.to_date and chosen.to_date + timedelta(days=1)
    if chosen.sex or (first and first.day != 1) or (after and after.day != 1):
        return _late(chosen).count()
    tallied = Tally.objects.filter(site="", late_record=True)
    if first:
        tallied = tallied.filter(month__gte=first)
    if after:
        tallied = tallied.filter(month__lt=after)
    return tallied.aggregate(number=Sum("number"))["number"] or 0


def _late(chosen: SessionFilter) -> QuerySet[SessionFigures]:
    return figures_within(chosen).filter(late_record=True, record_status__in=SIGNED)


def _late_records(late: QuerySet[SessionFigures], length: int, *, whole: bool) -> Table:
    keys = every(late) if whole else newest(late, ROWS_ON_A_PAGE)
    columns = (
        Column("started_at", _("Start"), "moment"),
        Column("patient", _("Patient")),
        Column("record_number", _("Record number")),
        Column("indication", _("Indication")),
        Column("number", _("Session"), "number"),
        Column("reason", _("Why it is recorded late"), of_record=True),
        Column("incident", _("Incident note"), of_record=True),
        Column("physician", _("Physician")),
    )
    rows = [
        line
        for start in range(0, len(keys), ANSWERS_AT_ONCE)
        for line in _late_lines(keys[start : start + ANSWERS_AT_ONCE])
    ]
    empty = _("No late record within these limits.")
    return Table(
        "late",
        _("Late records"),
        columns,
        rows,
        empty=empty,
        names_people=True,
        route="logbook:session",
        length=length,
    )


def _late_lines(keys: list[int]) -> Iterator[Row]:
    """The lines of these sessions, in their order."""
    own = ("started_at", "uid", "patient_id", *(f"patient__{name}" for name in NAMED), "course__indication", "number")
    told = ("late_reason", "incident_note", "physician__full_name")
    read = Session.objects.filter(pk__in=keys).order_by().values_list("pk", *own, *told)
    sessions = {key: values for key, *values in read}
    indications = {word.value: str(word.label) for word in Indication}
    for key in keys:
        if values := sessions.get(key):
            started_at, uid, patient, family, given, record_number, indication, *others = values
            said = (indications[indication], *others)
            yield Row((started_at, f"{family} {given}", record_number, *said), key=uid, person=patient)


REPORT = Report(
    code="screening",
    title=gettext_lazy("Screening positives and late records"),
    purpose=gettext_lazy("Which questions were answered yes, what physicians decided, and every late record."),
    version="1",
    definition=DEFINITION,
    build=build,
    limits=frozenset({"from_date", "to_date", "sex"}),
)
