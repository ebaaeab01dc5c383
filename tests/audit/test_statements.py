"""Statements of the acts: what they give back, watched or not, and of which PostgreSQL keeps the plan."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from clinic.audit.statements import run, run_together

ONE = "SELECT id FROM accounts_user WHERE id = %s AND username NOT LIKE 'x%%'"
NOTHING = "UPDATE accounts_user SET full_name = full_name WHERE id = %s"


def test_statements_together_give_each_its_rows_watched_or_not(physician):
    asked = [(ONE, [physician.pk]), (NOTHING, [-1]), (ONE, [-1])]
    found = run_together(asked)
    with CaptureQueriesContext(connection):
        watched = run_together(asked)
    assert found == watched == [[(physician.pk,)], [], []]
    assert run_together([]) == []


def test_refused_statement_is_django_s_own_error_and_the_transaction_can_go_on(physician):
    taken = ("INSERT INTO audit_shape (name, columns) VALUES (%s, %s)", ["x", None])
    for asked in ([taken], [(ONE, [physician.pk]), taken, (ONE, [physician.pk])]):
        with pytest.raises(IntegrityError), transaction.atomic():
            run_together(asked)
    assert run(ONE, [physician.pk]) == [(physician.pk,)]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="a question to PostgreSQL")
def test_postgresql_keeps_the_plan_of_what_comes_again_and_takes_other_kinds_of_values(physician):
    kept = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT uid FROM logbook_session%%'"
    asked = "SELECT uid FROM logbook_session WHERE uid = %s AND started_at > %s AND number = %s"
    values = [UUID(int=1), datetime(2026, 1, 1, tzinfo=UTC), 1]
    for _time in range(4):
        assert run(asked, values) == []
    assert run(kept, []) == [(1,)]
    for other in (None, 40_000, 2**40, Decimal("1.5")):  # each goes over as its own kind of value
        assert run(asked, [*values[:2], other]) == []
