"""The same facts give the same bytes, whatever machine, engine or zone they went through."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.lib.canonical import canonical_json, digest


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("12.50"), '"12.5"'),
        (Decimal("1E+2"), '"100"'),
        (Decimal("-0.00"), '"0"'),
        (date(2026, 3, 12), '"2026-03-12"'),
        (datetime(2026, 3, 12, 14, 5, tzinfo=timezone(timedelta(hours=1))), '"2026-03-12T13:05:00.000000Z"'),
        (UUID("12345678-1234-5678-1234-567812345678"), '"12345678-1234-5678-1234-567812345678"'),
        ({"b": 1, "a": (True, None)}, '{"a":[true,null],"b":1}'),
        ("é\n", '"é\\n"'),
    ],
)
def test_canonical_json(value, text):
    assert canonical_json(value) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9))
def test_decimals_keep_their_value(value):
    assert Decimal(json.loads(canonical_json(value))) == value


@given(st.datetimes(timezones=st.just(UTC)), st.integers(min_value=-12, max_value=14))
def test_times_are_the_same_in_every_zone(moment, hours):
    try:
        elsewhere = moment.astimezone(timezone(timedelta(hours=hours)))
    except OverflowError:
        return
    assert canonical_json(moment) == canonical_json(elsewhere)


@given(st.dictionaries(st.text(), st.integers()))
def test_order_of_keys_does_not_matter(value):
    backwards = dict(reversed(list(value.items())))
    assert canonical_json(value) == canonical_json(backwards)


def test_digest_is_sha_256():
    assert digest("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_what_json_cannot_hold_is_refused():
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(float("nan"))
