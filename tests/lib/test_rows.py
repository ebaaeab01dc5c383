"""What differs is set and told; what stands already is left as it stands."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from clinic.lib.rows import put
from sessions.models import Application, Phase, Session

NOON = datetime(2026, 1, 12, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "values", "differs"),
    [
        (Session(notes="one\ntwo"), {"notes": "one\r\ntwo"}, []),
        (Session(notes="one\r\ntwo"), {"notes": "one\ntwo"}, []),
        (Session(notes="one\ntwo"), {"notes": "one two"}, ["notes"]),
        (Phase(current_ma=Decimal("15.00")), {"current_ma": Decimal("15")}, []),
        (Phase(current_ma=Decimal("15.00")), {"current_ma": None}, ["current_ma"]),
        (Phase(current_ma=None), {"current_ma": Decimal("0")}, ["current_ma"]),
        (Session(started_at=NOON), {"started_at": NOON}, []),
        (Application(session_id=7), {"session": Session(pk=7)}, []),
        (Application(session_id=7), {"session": Session(pk=8)}, ["session"]),
        (Session(device_id=7), {"device": None}, ["device"]),
        (Session(number=3, notes="a"), {"number": 3, "notes": "b"}, ["notes"]),
        (Session(), {}, []),
    ],
)
def test_put_tells_what_differs(row, values, differs):
    assert put(row, values) == differs


def test_put_leaves_line_ends_as_they_stand_and_sets_what_differs():
    session = Session(notes="one\ntwo", sensation="tingling", pain_nrs=2)
    put(session, {"notes": "one\r\ntwo", "sensation": "none", "pain_nrs": None})
    assert (session.notes, session.sensation, session.pain_nrs) == ("one\ntwo", "none", None)
