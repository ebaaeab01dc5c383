"""All reports of the clinic, in the order in which a person finds them."""

from sessions.reports import active_courses, attendance, data_quality, diagnostic, response, sessions, unsigned
from sessions.reports.report import Report

REPORTS: tuple[Report, ...] = (
    sessions.REPORT,
    active_courses.REPORT,
    response.REPORT,
    attendance.REPORT,
    diagnostic.REPORT,
    data_quality.REPORT,
    unsigned.REPORT,
)
BY_CODE = {report.code: report for report in REPORTS}
