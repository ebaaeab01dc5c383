"""All reports of the clinic, in the order in which a person finds them."""

from sessions.reports import response, sessions
from sessions.reports.report import Report

REPORTS: tuple[Report, ...] = (sessions.REPORT, response.REPORT)
BY_CODE = {report.code: report for report in REPORTS}
