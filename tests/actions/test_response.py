"""Acts on what the clinic calls a response: new, a new version, out of use."""

from decimal import Decimal

import pytest
from django.utils import translation

from clinic.audit.models import Act
from clinic.lib.problems import Refused, Unchanged
from sessions.actions.response import change_response, define_response, retire_response
from sessions.models import ResponseDefinition
from tests.factories import a_definition

pytestmark = pytest.mark.django_db
VALUES = {"name": "Sweat by half", "measure": "GRAV", "unit": "", "rule": "fall-percent", "source": "Own decision"}


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def kinds():
    return list(Act.objects.order_by("pk").values_list("kind", flat=True))


def problems(raised):
    return [(problem.field, str(problem)) for problem in raised.value.problems]


def test_definition_is_written_with_who_and_is_in_use(physician):
    definition = define_response(by=physician, values=VALUES | {"amount": Decimal(50)})
    stored = ResponseDefinition.objects.get()
    assert (stored.version, stored.in_use, stored.amount, stored.code) == (1, True, Decimal(50), definition.code)
    entry = stored.history.get()
    assert (entry.history_type, entry.act.by_name, entry.act.kind) == ("+", "Dr Jeanne Morel", "define_response")


def test_change_is_a_new_version_and_the_old_one_stays(physician, other_physician):
    first = a_definition(by=physician)
    second = change_response(by=other_physician, definition=first, values={"amount": Decimal(2)}, reason="stricter")
    rows = ResponseDefinition.objects.order_by("version").values_list("version", "in_use", "amount", "code")
    assert list(rows) == [(1, False, Decimal(1), first.code), (2, True, Decimal(2), first.code)]
    assert second.history.get().act.reason == "stricter"
    assert kinds()[-2:] == ["define_response", "change_response"]


def test_former_version_is_neither_changed_nor_taken_out_again(physician):
    first = a_definition(by=physician)
    second = change_response(by=physician, definition=first, values={"name": "Another"}, reason="name")
    for act, more in ((change_response, {"values": {"name": "Third"}}), (retire_response, {})):
        with pytest.raises(Refused) as raised:
            act(by=physician, definition=first, reason="late", **more)
        assert problems(raised) == [("", "This version is not used any more. Please open the list again.")]
    retire_response(by=physician, definition=second, reason="nobody asks")
    assert list(ResponseDefinition.objects.values_list("in_use", flat=True)) == [False, False]
    assert kinds()[-3:] == ["define_response", "change_response", "retire_response"]


def test_change_of_nothing_leaves_no_trace(physician):
    definition = a_definition(by=physician)
    with pytest.raises(Unchanged):
        change_response(by=physician, definition=definition, values={"amount": Decimal("1.00")}, reason="none")
    assert (ResponseDefinition.objects.count(), kinds()[-1]) == (1, "define_response")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"amount": None}, [("amount", "Write the amount.")]),
        ({"amount": Decimal(0)}, [("amount", "A fall or a rise is more than 0.")]),
        ({"amount": Decimal(101)}, [("amount", "Nothing falls by more than 100 %.")]),
        ({"rule": "any-fall", "amount": Decimal(1)}, [("amount", "This rule takes no amount: leave it blank.")]),
        ({"unit": "cm", "amount": Decimal(50)}, [("unit", "This measure is not taken in this unit.")]),
        (
            {"rule": "fall", "amount": Decimal(5)},
            [("unit", "This measure has several units: say in which one the amount is.")],
        ),
        ({"rule": "end-at-most", "unit": "mg/min", "amount": Decimal(0)}, None),
        ({"rule": "any-rise", "amount": None}, None),
        ({"amount": Decimal(100)}, None),
    ],
)
def test_amount_and_unit_fit_rule_and_measure(physician, values, expected):
    given = VALUES | {"amount": Decimal(50)} | values
    if expected is None:
        assert define_response(by=physician, values=given).pk
        return
    with pytest.raises(Refused) as raised:
        define_response(by=physician, values=given)
    assert problems(raised) == expected
    assert ResponseDefinition.objects.count() == 0


def test_source_is_required(physician):
    with pytest.raises(Refused) as raised:
        define_response(by=physician, values=VALUES | {"amount": Decimal(50), "source": ""})
    assert [field for field, _words in problems(raised)] == ["source"]


def test_others_than_physicians_may_not(physician, staff, administrator):
    definition = a_definition(by=physician)
    for by in (staff, administrator):
        with pytest.raises(Refused):
            define_response(by=by, values=VALUES | {"amount": Decimal(50)})
        with pytest.raises(Refused):
            change_response(by=by, definition=definition, values={"name": "x"}, reason="x")
        with pytest.raises(Refused):
            retire_response(by=by, definition=definition, reason="x")
    assert kinds()[-1] == "define_response"
