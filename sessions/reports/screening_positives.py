"""Which questions of the screening were answered yes, what was decided, and the late records (domain 5.2, report 7)."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Count, Prefetch, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, npgettext

from clinic.lib.table import Column, Row, Table
from sessions.measures.answers import ITEMS, DecisionWord, Reply
from sessions.measures.words import SIGNED, RecordStatus
from sessions.models import Answer, Decision, SessionFigures
from sessions.reports.report import ROWS_ON_A_PAGE, Asked, Built, Headline, Report
from sessions.reports.session_filter import SessionFilter, figures_within, start_of

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
    patients: set[int] = field(default_factory=set)
    decisions: Counter[str] = field(default_factory=Counter)

    @property
    def undecided(self) -> int:
        return self.yes - self.decisions.total()


def build(asked: Asked) -> Built:
    """Per question the answers and decisions; for those who may see names, each positive and each late record."""
    answers = _answers(asked.chosen)
    found = _askings(answers)
    late = _late(asked.chosen)
    number, yes = late.count(), sum(one.yes for one in found.values())
    tables = [_items(found)]
    if asked.identities:
        tables += [_late_records(late, number, whole=asked.whole), _positives(answers, yes, whole=asked.whole)]
    patients = set().union(*(one.patients for one in found.values()))
    headline = (
        Headline(yes, ngettext("answer yes", "answers yes", yes)),
        Headline(len(patients), ngettext("patient with a yes", "patients with a yes", len(patients))),
        Headline(number, npgettext("counted", "late record", "late records", number)),
    )
    return Built(tuple(tables), headline)


def _answers(chosen: SessionFilter) -> QuerySet[Answer]:
    """The answers that are yes or open."""
    found = Answer.objects.exclude(reply=Reply.NO).exclude(reply=Reply.NOT_APPLICABLE).exclude(reply="")
    found = found.filter(screening__answered_at__isnull=False)
    found = found.exclude(screening__session__record_status=RecordStatus.IN_ERROR)
    if chosen.from_date:
        found = found.filter(screening__answered_at__gte=start_of(chosen.from_date))
    if chosen.to_date:
        found = found.filter(screening__answered_at__lt=start_of(chosen.to_date + timedelta(days=1)))
    return found.filter(screening__patient__sex=chosen.sex) if chosen.sex else found


def _askings(answers: QuerySet[Answer]) -> dict[str, Asking]:
    """By question; counted by the database, the last decision of each answer picked here."""
    found: dict[str, Asking] = defaultdict(Asking)
    for item, reply, number in answers.order_by().values_list("item", "reply").annotate(number=Count("pk")):
        if reply == Reply.YES:
            found[item].yes = number
        else:
            found[item].open += number
    yes = answers.filter(reply=Reply.YES).order_by()
    for item, patient in yes.values_list("item", "screening__patient").distinct():
        found[item].patients.add(patient)
    decided = Decision.objects.filter(answer__in=yes.values("pk")).order_by("decided_date", "id")
    last = {answer: (item, word) for answer, item, word in decided.values_list("answer", "answer__item", "word")}
    for item, word in last.values():
        found[item].decisions[word] += 1
    return found


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
                len(one.patients),
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


def _positives(answers: QuerySet[Answer], length: int, *, whole: bool) -> Table:
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
    last = Prefetch("decisions", Decision.objects.select_related("physician").order_by("decided_date", "id"))
    ordered = answers.filter(reply=Reply.YES).order_by("-screening__answered_at", "-id")
    ordered = ordered.select_related("screening__patient").prefetch_related(last)
    rows = []
    for answer in ordered if whole else ordered[:ROWS_ON_A_PAGE]:
        decision, patient = next(reversed(answer.decisions.all()), None), answer.screening.patient
        said = (
            (decision.get_word_display(), decision.reason, decision.physician.get_full_name())
            if decision
            else ("", "", "")
        )
        rows.append(
            Row(
                (
                    answer.screening.answered_at,
                    str(patient),
                    patient.record_number,
                    str(answer.question.short),
                    answer.detail,
                    *said,
                ),
                key=patient.uid,
                person=patient.pk,
            )
        )
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


def _late(chosen: SessionFilter) -> QuerySet[SessionFigures]:
    return figures_within(chosen).filter(late_record=True, record_status__in=SIGNED)


def _late_records(late: QuerySet[SessionFigures], length: int, *, whole: bool) -> Table:
    ordered = late.order_by("-day", "-started_at", "-session")
    ordered = ordered.select_related("session__patient", "session__course", "session__physician")
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
        Row(
            (
                session.started_at,
                str(session.patient),
                session.patient.record_number,
                session.course.get_indication_display(),
                session.number,
                session.late_reason,
                session.incident_note,
                session.physician.get_full_name(),
            ),
            key=session.uid,
            person=session.patient_id,
        )
        for session in (one.session for one in (ordered if whole else ordered[:ROWS_ON_A_PAGE]))
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


REPORT = Report(
    code="screening",
    title=gettext_lazy("Screening positives and late records"),
    purpose=gettext_lazy("Which questions were answered yes, what physicians decided, and every late record."),
    version="1",
    definition=DEFINITION,
    build=build,
    limits=frozenset({"from_date", "to_date", "sex"}),
)
