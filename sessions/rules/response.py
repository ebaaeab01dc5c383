"""May this be what the clinic calls a response?"""

from django.utils.translation import gettext as _

from clinic.lib.problems import Problem
from sessions.measures.outcomes import BY_CODE
from sessions.measures.responses import WITHOUT_AMOUNT, Rule
from sessions.models import ResponseDefinition

MOVES = (Rule.FALL, Rule.FALL_PERCENT, Rule.RISE)


def why_not_this_definition(definition: ResponseDefinition) -> list[Problem]:
    """Its amount fits its rule, and its unit the measure."""
    return [*_why_not_amount(definition), *_why_not_unit(definition)]


def why_not_change_it(definition: ResponseDefinition) -> list[Problem]:
    """Only the version in use is changed or taken out of use."""
    if definition.in_use:
        return []
    return [Problem("", _("This version is not used any more. Please open the list again."), "former")]


def _why_not_amount(definition: ResponseDefinition) -> list[Problem]:
    rule, amount = definition.rule, definition.amount
    if rule in WITHOUT_AMOUNT:
        return [Problem("amount", _("This rule takes no amount: leave it blank."))] if amount is not None else []
    if amount is None:
        return [Problem("amount", _("Write the amount."), "required")]
    if rule in MOVES and amount <= 0:
        return [Problem("amount", _("A fall or a rise is more than 0."))]
    if rule == Rule.FALL_PERCENT and amount > 100:
        return [Problem("amount", _("Nothing falls by more than 100 %."))]
    return []


def _why_not_unit(definition: ResponseDefinition) -> list[Problem]:
    units = [code for code, _shown in BY_CODE[definition.measure].units]
    if definition.unit and definition.unit not in units:
        return [Problem("unit", _("This measure is not taken in this unit."))]
    judged_by_figure = definition.rule in {Rule.FALL, Rule.RISE, Rule.END_AT_MOST}
    if judged_by_figure and not definition.unit and len(units) > 1:
        return [Problem("unit", _("This measure has several units: say in which one the amount is."))]
    return []
