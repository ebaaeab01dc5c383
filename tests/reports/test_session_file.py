"""The list of sessions for a file of any length says, row for row, what the list on the page says."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.utils import translation

from clinic.accounts.models import User
from clinic.lib import outgoing
from clinic.lib.as_csv import digest_of, stream
from clinic.lib.fetched import Fetched
from sessions.measures.words import RecordStatus
from sessions.reports import session_file
from sessions.reports.session_file import whole_list
from sessions.reports.session_filter import SessionFilter
from sessions.reports.session_list import listed
from tests.factories import a_course, a_device, a_patient
from tests.reports.rows import a_session, paris

pytestmark = pytest.mark.django_db


@pytest.fixture
def _history(physician: User, other_physician: User) -> None:
    """Of everything that a line may say."""
    device = a_device(by=physician)
    for number, given in enumerate(("Zoë", "=1+1", 'Anne "Annie"; née Ü')):
        course = a_course(by=physician, patient=a_patient(by=physician, given_names=given))
        at = paris(2026, 3, 29 - number, 0, 30)
        a_session(by=physician, course=course, started_at=at, device=device, sites=("palm", "sole", "palm"))
        a_session(by=physician, course=course, started_at=at, physician=other_physician, sites=(), status="not-done")
        a_session(by=physician, course=course, started_at=None, record_status="preliminary", status="")
        a_session(by=physician, course=course, started_at=paris(2026, 10, 25, 2, 59), record_status="entered-in-error")
        late = {"late_record": True, "late_reason": "the device", "incident_note": "none"}
        a_session(by=physician, course=course, started_at=datetime(2026, 10, 25, 1, 0, 7, 99, UTC), **late)


@pytest.fixture(params=[1, 10_000], ids=["fetched", "held"])
def most(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(session_file, "MOST_ROWS_AT_ONCE", request.param)
    return request.param


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(
    "chosen",
    [
        SessionFilter(),
        SessionFilter(from_date=date(2026, 3, 28), to_date=date(2026, 3, 29)),
        SessionFilter(record_status=RecordStatus.IN_ERROR),
        SessionFilter(site="palm"),
        SessionFilter(from_date=date(1990, 1, 1), to_date=date(1990, 1, 2)),
    ],
    ids=str,
)
@pytest.mark.usefixtures("_history")
def test_every_row_is_the_one_of_the_list(chosen: SessionFilter, language: str, most: int) -> None:
    with translation.override(language):
        wanted, found = listed(chosen, whole=True), whole_list(chosen)
        assert isinstance(found.rows, Fetched) is (len(found.rows) > most)
        assert len(found.rows) == len(wanted.rows)
        assert [(row.values, row.struck, row.person) for row in found.rows] == [
            (row.values, row.struck, row.person) for row in wanted.rows
        ]
        assert b"".join(stream(found, language, "foot")) == b"".join(stream(wanted, language, "foot"))
        assert digest_of(found, language) == digest_of(wanted, language)


@pytest.mark.usefixtures("_history")
def test_rows_come_in_batches_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Callable[[int], Any]
) -> None:
    monkeypatch.setattr(session_file, "MOST_ROWS_AT_ONCE", 1)
    monkeypatch.setattr("clinic.lib.driver.ROWS_AT_ONCE", 5)
    rows = whole_list(SessionFilter()).rows
    assert isinstance(rows, Fetched)
    with translation.override("en"):
        assert [len(batch) for batch in rows.batches()] == [5, 5, 2]
    assert outgoing.MOST_ROWS_AT_ONCE == 10_000
