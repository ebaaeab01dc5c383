"""What tests of reports and their files ask of an answer."""

import csv
import io
from urllib.parse import urlencode

from django.urls import reverse
from openpyxl import load_workbook
from pypdf import PdfReader

from clinic.audit.models import Access

PAGE = reverse("logbook:report", args=["sessions"])
FILE = reverse("logbook:report-csv", args=["sessions"])
SPREADSHEET = reverse("logbook:report-xlsx", args=["sessions"])
PDF = reverse("logbook:report-pdf", args=["sessions"])


def looks():
    return list(
        Access.objects.exclude(patient_id=None)
        .order_by("id")
        .values_list("by__username", "patient_id", "kind", "route")
    )


def file_of(client, **limits):
    return client.get(f"{FILE}?{urlencode({'part': 'list'} | limits)}").content.decode("utf-8")


def list_of(answer):
    """The list on the page."""
    return next((table for table, _route in answer.context["tables"] if table.name == "list"), None)


def whole_text(answer):
    """Every word of a file, whatever its format."""
    kind = answer["Content-Type"]
    if kind == "application/pdf":
        return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    if "spreadsheet" in kind:
        rows = load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True)
        return "\n".join(str(value) for row in rows for value in row if value is not None)
    return answer.content.decode("utf-8-sig")


def rows_of(content, delimiter=";"):
    """The lines above the foot."""
    lines = list(csv.reader(io.StringIO(content.removeprefix("\ufeff"), newline=""), delimiter=delimiter))
    *rows, empty, _foot = lines
    assert empty == []
    return rows


def compare(client, receipt):
    answer = client.post(reverse("logbook:receipt-compare", args=[receipt.uid]))
    assert answer.status_code == 200
    return answer.context["compared"]
