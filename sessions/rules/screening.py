"""What answers and decisions say about a session: in no case, a decision is missing, nothing in the way.

Facts of domain A.2.2 to A.2.6. The rules look at data in hand; they give no advice and no verdict on a patient.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clinic.lib.problems import Problem
from sessions.measures.answers import BY_CODE, ITEMS, DecisionWord, Item, Reply

PREGNANCY = "pregnancy"
OPEN_REPLIES = (Reply.YES, Reply.NOT_KNOWN, Reply.DECLINED)


@dataclass(frozen=True)
class Ruling:
    """A physician's decision, as far as the rules need it."""

    word: str
    on: date


class Given(NamedTuple):  # thousands for a patient of many years: a tuple is made three times as fast
    """An answer, as far as the rules need it. `answer_id` is the row; `own`: asked at the session in question;
    `full`: asked at a consultation, with all questions.
    """

    item: str
    reply: str
    on: date
    rulings: tuple[Ruling, ...] = ()
    own: bool = False
    full: bool = False
    answer_id: int | None = None
    detail: str = ""


@dataclass(frozen=True)
class Run:
    """The latest answer to an item, since when it has been the same, and the decisions taken on it in that time."""

    latest: Given
    since: date
    rulings: tuple[Ruling, ...]


def runs(answers: Iterable[Given], day: date | None = None) -> dict[str, Run]:
    """The standing answer per item on `day` (today's knowledge where None); `answers` come oldest first."""
    latest: dict[str, Given] = {}
    since: dict[str, date] = {}
    rulings: dict[str, tuple[Ruling, ...]] = {}
    for given in answers:
        item = given.item
        if not given.reply or (day and given.on > day):
            continue
        before = latest.get(item)
        if before is None or before.reply != given.reply:
            since[item], rulings[item] = given.on, given.rulings
        elif given.rulings:
            rulings[item] += given.rulings
        latest[item] = given
    return {item: Run(given, since[item], rulings[item]) for item, given in latest.items()}


def standing_yes(answers: Iterable[Given], day: date | None = None) -> dict[str, Given]:
    """The absolute items that stand at yes on `day`, each with the answer that said so; `answers` oldest first.

    A yes stands until a later consultation answers no (a device was removed, a suspicion cleared): the short
    question at a session raises it but does not lift it.
    """
    standing: dict[str, Given] = {}
    for given in answers:
        if not BY_CODE[given.item].absolute or (day and given.on > day and not given.own):
            continue
        if given.reply == Reply.YES:
            standing[given.item] = given
        elif given.full and given.reply in (Reply.NO, Reply.NOT_APPLICABLE) and not _own_yes(standing, given.item):
            standing.pop(given.item, None)
    return standing


def _own_yes(standing: dict[str, Given], item: str) -> bool:
    return item in standing and standing[item].own


def forbidden(answers: Sequence[Given], day: date | None = None) -> list[Item]:
    """The absolute items that stand at yes on `day`, or were answered yes at the session itself."""
    standing = standing_yes(answers, day)
    return [item for item in ITEMS if item.code in standing]


def wants_decision(item: str, reply: str) -> bool:
    """Whether this answer to this item needs a physician's decision before a session."""
    question = BY_CODE[item]
    if question.absolute:
        return reply in (Reply.NOT_KNOWN, Reply.DECLINED)
    if item == PREGNANCY:
        return reply in OPEN_REPLIES
    return reply == Reply.YES


def standing_ruling(run: Run, day: date | None = None) -> Ruling | None:
    """The decision that stands for this answer: the newest, not taken before the answer nor after `day`.

    For pregnancy it must be as new as the latest answer; for other items as the answer's first time unchanged.
    """
    earliest = run.latest.on if run.latest.item == PREGNANCY else run.since
    fitting = [ruling for ruling in run.rulings if ruling.on >= earliest and (day is None or ruling.on <= day)]
    return sorted(fitting, key=lambda ruling: ruling.on)[-1] if fitting else None  # of one day the one written last


def needing_decision(answers: Iterable[Given], day: date | None = None) -> list[Given]:
    """The standing answers that need a physician's decision and have none."""
    return [
        run.latest
        for run in runs(answers, day).values()
        if wants_decision(run.latest.item, run.latest.reply) and standing_ruling(run, day) is None
    ]


def why_not_forbidden(answers: Sequence[Given], day: date | None) -> list[Problem]:
    """In no case: a session cannot be recorded as performed while an absolute item stands at yes."""
    return [
        Problem(
            "status",
            _(
                "“%(item)s” is answered yes: in no case can this session be recorded as performed. Record it as not done; "
                "if it took place all the same, store it as a late record with an incident note."
            )
            % {"item": item.short},
            "forbidden",
        )
        for item in forbidden(answers, day)
    ]


def why_not_perform(
    answers: Sequence[Given], day: date, *, consultation_on: date | None, valid_days: int | None
) -> list[Problem]:
    """Everything that stands between this patient and a session recorded as performed on `day`."""
    problems = why_not_forbidden(answers, day)
    problems += _consultation(consultation_on, day)
    standing = runs(answers, day)
    problems += _unanswered(standing)
    problems += _not_asked_today(answers)
    problems += _too_old(standing, day, valid_days)
    for run in standing.values():
        problems += _undecided(run, day)
    return problems


def _consultation(consultation_on: date | None, day: date) -> list[Problem]:
    if consultation_on is None:
        return [
            Problem(
                "",
                _("This course has no prior consultation yet. Record it, then name it in the course."),
                "consultation",
            )
        ]
    if consultation_on > day:
        return [Problem("started_at", _("The session lies before the consultation of its course."), "consultation")]
    return []


def _unanswered(standing: dict[str, Run]) -> list[Problem]:
    missing = [str(item.short) for item in ITEMS if item.code not in standing]
    if not missing:
        return []
    sentence = ngettext(
        "One question of the consultation has no answer up to this day: %(items)s.",
        "%(count)s questions of the consultation have no answer up to this day: %(items)s.",
        len(missing),
    )
    return [Problem("", sentence % {"count": len(missing), "items": ", ".join(missing)}, "unanswered")]


def _not_asked_today(answers: Sequence[Given]) -> list[Problem]:
    asked = {given.item for given in answers if given.own and given.reply}
    return [
        Problem(f"reply_{item.code}", _("Ask this at every session and note the answer."), "unanswered")
        for item in ITEMS
        if item.each_session and item.code not in asked
    ]


def _too_old(standing: dict[str, Run], day: date, valid_days: int | None) -> list[Problem]:
    if not valid_days:
        return []
    old = [
        str(BY_CODE[code].short) for code, run in standing.items() if run.latest.on + timedelta(days=valid_days) < day
    ]
    if not old:
        return []
    sentence = _("The clinic asks again after %(days)s days. Older answers: %(items)s.")
    return [Problem("", sentence % {"days": valid_days, "items": ", ".join(old)}, "old")]


def _undecided(run: Run, day: date) -> list[Problem]:
    given = run.latest
    if not wants_decision(given.item, given.reply):
        return []
    ruling = standing_ruling(run, day)
    names = {"item": BY_CODE[given.item].short, "answer": Reply(given.reply).label}
    field = f"reply_{given.item}" if given.own else ""
    if ruling is None:
        return [
            Problem(
                field,
                _(
                    "“%(item)s”: %(answer)s. A physician's decision with its reason is needed, dated up to the day of the session."
                )
                % names,
                "undecided",
            )
        ]
    if ruling.word == DecisionWord.DO_NOT:
        return [
            Problem(
                field,
                _("“%(item)s”: %(answer)s. The physician's decision is not to proceed.") % names,
                "decided-against",
            )
        ]
    return []


@dataclass(frozen=True)
class Mark:
    """One word of warning in the patient banner: a sign and a text, never colour alone."""

    sign: str
    text: str | Promise
    tone: str
    on: date | None = None


@dataclass(frozen=True)
class Standing:
    """What the banner shows of a patient: age and the answers that matter at once."""

    age: int
    marks: tuple[Mark, ...] = field(default=())


def standing(birth_date: date, answers: Iterable[Given], today: date) -> Standing:
    """The banner's content: age, absolute items answered yes or not answered, pregnancy."""
    marks = []
    known = list(answers)
    current, never = runs(known), standing_yes(known)
    for item in ITEMS:
        run = current.get(item.code)
        if item.code in never:
            marks.append(Mark("✕", item.short, "never", never[item.code].on))
        elif item.absolute and run and run.latest.reply in (Reply.NOT_KNOWN, Reply.DECLINED):
            marks.append(Mark("?", _with(item.short, run.latest.reply), "check", run.latest.on))
        elif item.code == PREGNANCY and run and run.latest.reply in OPEN_REPLIES:
            text = item.short if run.latest.reply == Reply.YES else _with(item.short, run.latest.reply)
            marks.append(Mark("⚠", text, "check", run.latest.on))
    if any(item.absolute and item.code not in current for item in ITEMS):
        marks.append(Mark("?", gettext_lazy("screening questions not answered yet"), "check"))
    birthday_over = (today.month, today.day) >= (birth_date.month, birth_date.day)
    return Standing(age=today.year - birth_date.year - (0 if birthday_over else 1), marks=tuple(marks))


def _with(short: str | Promise, reply: str) -> str:
    return _("%(row)s: %(words)s") % {"row": short, "words": Reply(reply).label}
