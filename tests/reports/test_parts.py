"""The tables of a report as they are known before it is made are those that it hands over, in both languages."""

import pytest
from django.utils import translation

from sessions.models import Receipt
from sessions.reports.parts import PARTS, parts_of, title_of
from sessions.reports.registry import REPORTS
from sessions.reports.report import Asked, answered
from sessions.reports.session_filter import SessionFilter
from tests.reports.asking import NOON

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.code)
def test_tables_are_called_as_in_the_report(report, language):
    with translation.override(language):
        found = report.build(Asked(SessionFilter(), NOON, identities=True, records=True, whole=True)).tables
        told = [(part.name, str(part.title), part.names_people) for part in PARTS[report.code]]
        if report.code == "course-curves":  # its table is called by the measure
            assert [(name, named) for name, _title, named in told] == [("curves", False)]
            assert [table.name for table in found] == ["curves"]
        else:
            assert told == [(table.name, str(table.title), table.names_people) for table in found]


@pytest.mark.parametrize("identities", [True, False])
@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.code)
def test_nobody_is_told_of_a_table_that_is_not_for_them(report, identities, shared, settings):
    settings.SMALLEST_CELL = 5
    asked = Asked(SessionFilter(), NOON, identities=identities, whole=True, shared=shared)
    told = [part.name for part in parts_of(report.code, asked)]
    assert told == [table.name for table in answered(report, asked).tables]


@pytest.mark.parametrize(
    ("report", "part", "form", "title"),
    [
        ("sessions", "site", "csv", "By site"),
        ("sessions", "", "xlsx", "Per month"),
        ("sessions", "", "pdf", ""),
        ("sessions", "gone", "csv", "gone"),
        ("gone", "list", "csv", "list"),
        ("gone", "", "csv", ""),
    ],
)
def test_title_of_the_table_of_a_receipt(report, part, form, title):
    with translation.override("en"):
        assert str(title_of(Receipt(report=report, part=part, form=form))) == title
