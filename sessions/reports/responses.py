"""Which definitions of a response there are, and what each of them asks of the stored outcomes of a course."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from clinic.lib.figures import figure_text
from sessions.measures.outcomes import BY_CODE, unit_shown
from sessions.measures.responses import POINT, PUBLISHED, Reached, Response, Rule
from sessions.models import Outcome, ResponseDefinition

# Half of the smallest difference that values of four decimals (and a percentage of two) can have: what a database that
# computes in binary fractions loses is less.
HALF_A_STEP, HALF_A_STEP_OF_PERCENT = Decimal("0.00005"), Decimal("0.000000005")


@dataclass(frozen=True)
class Line:
    """A definition in words; `uid` is that of the clinic's own, empty for a published one."""

    response: Response
    measure: str
    rule: str
    uid: UUID | None = None


def definitions() -> list[Response]:
    """Every definition and version, the published ones first; of the clinic's own those in use before the former."""
    return [*PUBLISHED, *(row.as_response() for row in _own())]


def in_lines() -> list[tuple[str, list[Line]]]:
    """All definitions in words: the clinic's own in use, the published ones, and what is not used any more."""
    own = [(row.as_response(), row.uid) for row in _own()]
    return [
        ("own", [_line(one, uid) for one, uid in own if one.in_use]),
        ("published", [_line(one) for one in PUBLISHED]),
        ("former", [_line(one, uid) for one, uid in own if not one.in_use]),
    ]


def _own() -> QuerySet[ResponseDefinition]:
    return ResponseDefinition.objects.order_by("-in_use", "name", "code", "-version")


def _line(one: Response, uid: UUID | None = None) -> Line:
    unit = unit_shown(one.unit) if one.unit else ""
    measure = f"{BY_CODE[one.measure].name}, {unit}" if unit else str(BY_CODE[one.measure].name)
    return Line(one, measure, rule_in_words(one), uid)


def choices() -> list[tuple[str, str | Promise]]:
    """The definitions as a form offers them: key and name, a former version saying so."""
    return [(one.key, _named(one)) for one in definitions()]


def usual_definition() -> str:
    """The first definition in use of whose measure something is documented; the first of all where nothing is."""
    return first_documented([(one.key, one.measure, one.unit) for one in definitions() if one.in_use])


def first_documented(asked: Sequence[tuple[str, str, str]]) -> str:
    """The first of these keys of whose measure and unit (any, where it is empty) an outcome is stored, else the first.

    One row is read, and for each measure one place of an index.
    """
    measured = dict.fromkeys((measure, unit) for _key, measure, unit in asked)
    stored = [
        Exists(Outcome.objects.order_by().filter(measure=measure, **({"unit": unit} if unit else {})))
        for measure, unit in measured
    ]
    found = Outcome.objects.order_by().values_list(*stored).first()
    known = {one for one, is_there in zip(measured, found or (), strict=False) if is_there}
    return next((key for key, measure, unit in asked if (measure, unit) in known), asked[0][0])


def named(key: str) -> str:
    """The definition of this key by its name and version; the key where there is none any more."""
    try:
        one = definition(key)
    except LookupError:
        return key
    return _("“%(name)s”, version %(version)s") % {"name": one.name, "version": one.version}


def limit_choices() -> list[tuple[str, str]]:
    """How a course may stand to each definition, as a limit of every report."""
    return [(f"{key}{POINT}{word.value}", f"{name} – {word.label}") for key, name in choices() for word in Reached]


def definition(key: str) -> Response:
    """The definition of this key, the first one where none was asked for. Raises `LookupError` where there is none."""
    found = next((one for one in PUBLISHED if key in {"", one.key}), None)
    if found:
        return found
    code, _point, version = key.rpartition(POINT)
    own = ResponseDefinition.objects.filter(code=code, version=version).first() if version.isdigit() else None
    if own is None:
        raise LookupError(key)
    return own.as_response()


def rule_in_words(one: Response) -> str:
    """The rule as a reader reads it."""
    words = {
        Rule.FALL: _("a fall of at least %(amount)s"),
        Rule.FALL_PERCENT: _("a fall of at least %(amount)s %% of the first value"),
        Rule.RISE: _("a rise of at least %(amount)s"),
        Rule.ANY_FALL: _("last value below the first"),
        Rule.ANY_RISE: _("last value above the first"),
        Rule.END_AT_MOST: _("last value at most %(amount)s"),
    }[Rule(one.rule)]
    unit = unit_shown(one.unit) if one.unit and one.rule != Rule.FALL_PERCENT else ""
    return words % {"amount": f"{figure_text(one.amount)}\u00a0{unit}" if unit else figure_text(one.amount)}


def _named(one: Response) -> str:
    if one.in_use:
        return str(one.name)
    return _("%(name)s (version %(version)s, not used any more)") % {"name": one.name, "version": one.version}


# --- As conditions of the database ---------------------------------------------------------------


def judged_by(one: Response) -> Q:
    """The outcomes that this definition can tell anything of."""
    found = Q(measure=one.measure, last_value__isnull=False)
    if one.unit:
        found &= Q(unit=one.unit)
    return found & Q(first_value__gt=0) if one.rule == Rule.FALL_PERCENT else found


def reaching(one: Response) -> Q:
    """The outcomes that are a response; the same answer as `Response.reached`."""
    amount = one.amount or Decimal(0)
    share = (100 - amount) / 100
    changes: dict[Rule, dict[str, Any]] = {
        Rule.FALL: {"last_value__lt": F("first_value") - (amount - HALF_A_STEP)},
        Rule.FALL_PERCENT: {"last_value__lt": F("first_value") * share + HALF_A_STEP_OF_PERCENT},
        Rule.RISE: {"last_value__gt": F("first_value") + (amount - HALF_A_STEP)},
        Rule.ANY_FALL: {"last_value__lt": F("first_value")},
        Rule.ANY_RISE: {"last_value__gt": F("first_value")},
        Rule.END_AT_MOST: {"last_value__lte": amount},
    }
    return judged_by(one) & Q(**changes[Rule(one.rule)])


def courses_that(response: str, course: str) -> Q:
    """The limit "response" as a condition on `course`, the way to a course; `response` is one of `limit_choices`."""
    key, _point, word = response.rpartition(POINT)
    one = definition(key)
    judged, reached = (Q(**{f"{course}__in": _courses(asked)}) for asked in (judged_by(one), reaching(one)))
    return {Reached.REACHED: reached, Reached.NOT_REACHED: judged & ~reached, Reached.UNKNOWN: ~judged}[Reached(word)]


def _courses(asked: Q) -> QuerySet[Outcome, int]:
    return Outcome.objects.filter(asked).order_by().values_list("course", flat=True)
