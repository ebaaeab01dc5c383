"""The list of sessions for a file of any length says, row for row, what the list on the page says."""

import csv
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection, models
from django.utils import translation

from clinic.accounts.models import User
from clinic.lib import driver, outgoing
from clinic.lib.as_csv import digest_of, stream
from clinic.lib.fetched import Fetched
from sessions.measures.words import RecordStatus
from sessions.models import Device, Patient, Session
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


HOSTILE = [
    "\u00a0=1+1", "\u3000\u2028@x", " \t+1", "\u3000＝x", "'=x", "-", 'a"b', '"', ";", "a,b;c", "one\nother", "one\r\nother", "\r",
    "\t", "\\N", "\\", "a\\tb", "\\.", " ", "", "x\x1f=", "\x1c=1", "Zoë 𝄞", "%s %(n)s {0}",
]  # fmt: skip


@pytest.fixture
def _hostile(physician: User, unguarded: None) -> None:
    """What no form lets through, in every cell that somebody types."""
    sites = [("palm",), ("sole", "palm", "axilla"), ()]
    for number, text in enumerate(HOSTILE):
        patient = a_patient(by=physician, given_names="Zoë")
        device = a_device(by=physician)
        at = paris(2026, 10, 25, number % 4, number % 60)
        state = {"started_at": at} if number % 5 else {"started_at": None, "record_status": "preliminary", "status": ""}
        used = device if number % 3 else None
        course = a_course(by=physician, patient=patient)
        a_session(by=physician, course=course, device=used, sites=sites[number % 3], **state)
        models.QuerySet(Patient).filter(pk=patient.pk).update(
            family_name=text, given_names=text, record_number=f"{text[:15]}{number}"
        )
        models.QuerySet(Device).filter(pk=device.pk).update(maker=text, serial_number=f"{text}{number}")
    models.QuerySet(User).filter(pk=physician.pk).update(full_name='=HYPERLINK("x;y,z")\n')
    # From before the clinic's time zone had whole minutes, and before years had four digits.
    for at in (datetime(1900, 7, 1, 12, 0, 59, tzinfo=UTC), datetime(999, 7, 1, 12, 0, tzinfo=UTC)):
        a_session(by=physician, course=a_course(by=physician, patient=a_patient(by=physician)), started_at=at)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL has COPY")
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.usefixtures("_hostile")
def test_what_is_copied_is_byte_for_byte_what_the_rows_come_to(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_file, "MOST_ROWS_AT_ONCE", 1)
    monkeypatch.setattr(session_file, "MOST_KEPT", 3)
    monkeypatch.setattr("clinic.lib.driver.ROWS_AT_ONCE", 5)
    table = whole_list(SessionFilter())
    assert isinstance(table.rows, Fetched)
    assert table.rows.written
    by_rows = replace(table, rows=Fetched(table.rows.number, [c.kind for c in table.columns], table.rows.fetch))
    with translation.override(language):
        copied, rows = (b"".join(stream(asked, language, "foot")) for asked in (table, by_rows))
    assert copied == rows
    assert (
        len(
            list(
                csv.reader(
                    io.StringIO(copied.decode("utf-8-sig"), newline=""), delimiter=";" if language == "fr" else ","
                )
            )
        )
        == 29
    )
    pieces = list(table.rows.written(language))
    assert sum(piece.rows for piece in pieces) == len(HOSTILE) + 2
    assert {person for piece in pieces for person in piece.people} == set(table.people)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL has COPY")
@pytest.mark.usefixtures("_history")
def test_a_copy_that_is_broken_off_leaves_the_connection_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_file, "MOST_ROWS_AT_ONCE", 1)
    monkeypatch.setattr("clinic.lib.driver.ROWS_AT_ONCE", 2)
    rows = whole_list(SessionFilter()).rows
    assert isinstance(rows, Fetched)
    assert rows.written
    copied = rows.written("en")
    assert next(copied).rows == 2
    copied.close()
    assert whole_list(SessionFilter()).rows[0].values == rows[0].values


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL has COPY")
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_history")
def test_both_parts_of_a_copy_are_of_one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A draft that gets its start while the file is written neither stands in it twice nor is missing."""
    monkeypatch.setattr("clinic.lib.driver.ROWS_AT_ONCE", 1)
    found = models.QuerySet(Session).values_list("pk").order_by("pk")
    undated = found.filter(started_at__isnull=True)
    wanted, without = [str(key) for (key,) in found], undated.count()
    copied = driver.copied(undated, found.filter(started_at__isnull=False))
    keys = [next(copied)[0][0]]
    with ThreadPoolExecutor(1) as other:
        assert other.submit(_give_every_draft_a_start).result() == without == 3
    keys += [row[0] for rows in copied for row in rows]
    assert sorted(map(str, keys), key=int) == wanted
    assert undated.count() == 0


def _give_every_draft_a_start() -> int:
    """On a connection of its own."""
    drafts = models.QuerySet(Session).filter(started_at__isnull=True)
    changed = drafts.update(started_at=paris(2026, 4, 1, 9))
    connection.close()
    return changed
