"""Which tables each report has and what they are called, known before it is made.

A receipt keeps the code of a table and is read in either language; a report that takes long is offered table by table.
What stands here stands in each report, too: `tests/reports/test_parts.py` holds the two together.
"""

from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from sessions.models import Receipt
from sessions.reports.report import Asked, Text


@dataclass(frozen=True)
class Part:
    """One table of a report. `names_people`: as in the table; `inside`: not among what is handed on."""

    name: str
    title: Text
    names_people: bool = False
    inside: bool = False


# In the order in which each report shows them.
PARTS: dict[str, tuple[Part, ...]] = {
    "sessions": (
        Part("months", _("Per month")),
        Part("physician", _("By physician")),
        Part("indication", _("By indication")),
        Part("site", _("By site")),
        Part("device", _("By device")),
        Part("counts", _("Sessions, counts"), inside=True),
        Part("list", _("List"), names_people=True),
    ),
    "active-courses": (
        Part("physician", _("By physician")),
        Part("indication", _("By indication")),
        Part("list", _("Courses"), names_people=True),
    ),
    "response": (
        Part("places", _("Response by site and side")),
        Part("physicians", _("Response by physician")),
        Part("devices", _("Response by device")),
        Part("missing", _("What is there and what is missing")),
        Part("measures", _("Every measure: better, same, worse")),
        Part("directions", _("Measures without a better direction")),
    ),
    # Its title names the measure, which the limits say.
    "course-curves": (Part("curves", _("Curves")),),
    "adverse-events": (
        Part("term", _("By event")),
        Part("severity", _("By severity")),
        Part("site", _("By site")),
        Part("device", _("By device")),
        Part("electrode", _("By electrode")),
        Part("serious", _("Serious events"), names_people=True),
    ),
    "attendance": (
        Part("months", _("Per month")),
        Part("physician", _("By physician")),
        Part("indication", _("By indication")),
        Part("drop-out", _("Drop-out")),
        Part("reasons", _("Reasons for the end")),
    ),
    "screening": (
        Part("questions", _("By question")),
        Part("late", _("Late records"), names_people=True),
        Part("positives", _("Positives"), names_people=True),
    ),
    "substances": (
        Part("batches", _("Substances and batches")),
        Part("list", _("Who was given what"), names_people=True),
    ),
    "devices": (
        Part("devices", _("Devices")),
        Part("entries", _("Device log")),
        Part("incidents", _("Device incidents"), names_people=True),
    ),
    "diagnostic": (
        Part("mode", _("By mode")),
        Part("analyte", _("By analyte")),
        Part("laboratory", _("By laboratory")),
        Part("list", _("Tests"), names_people=True),
    ),
    "data-quality": (
        Part("counts", _("What to read again")),
        Part("list", _("Sessions to read again"), names_people=True),
    ),
    "unsigned": (
        Part("physicians", _("By physician and age")),
        Part("list", _("Drafts"), names_people=True),
    ),
}


def parts_of(code: str, asked: Asked) -> list[Part]:
    """The tables that this report has for whom it is asked by."""
    named = asked.identities and not asked.shared
    return [
        part for part in PARTS.get(code, ()) if (named or not part.names_people) and not (asked.shared and part.inside)
    ]


def shows_names(receipt: Receipt) -> bool:
    """Whether a table in this file names patients: not where only numbers left, and never in what is handed on."""
    if not receipt.identities or "shared" in QueryDict(receipt.question):
        return False
    parts = PARTS.get(receipt.report)
    if parts is None:
        return True
    if not receipt.part and receipt.form != "pdf":
        parts = parts[:1]
    return any(part.names_people for part in parts if receipt.part in ("", part.name))


def title_of(receipt: Receipt) -> Text:
    """What the table in this file is called; empty for the whole report, the code where no report has such a table."""
    parts = PARTS.get(receipt.report, ())
    if not receipt.part and receipt.form != "pdf":
        return parts[0].title if parts else ""
    return table_called(receipt.report, receipt.part)


def table_called(report: str, name: str) -> Text:
    """What this table of a report is called; its code where no report has such a table."""
    return next((part.title for part in PARTS.get(report, ()) if part.name == name), name)
