"""All reports of the clinic, in the order in which a person finds them."""

from sessions.reports import (
    active_courses,
    adverse_events,
    attendance,
    course_curves,
    data_quality,
    devices,
    diagnostic,
    response,
    screening_positives,
    sessions,
    substances,
    unsigned,
)
from sessions.reports.report import Report

REPORTS: tuple[Report, ...] = (
    sessions.REPORT,
    active_courses.REPORT,
    response.REPORT,
    course_curves.REPORT,
    adverse_events.REPORT,
    attendance.REPORT,
    screening_positives.REPORT,
    substances.REPORT,
    devices.REPORT,
    diagnostic.REPORT,
    data_quality.REPORT,
    unsigned.REPORT,
)
BY_CODE = {report.code: report for report in REPORTS}
