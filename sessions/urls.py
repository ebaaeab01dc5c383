"""Addresses of the logbook. No name stands in one, and none can be guessed."""

from django.urls import URLPattern, URLResolver, path

from sessions.views import (
    course,
    course_letter,
    device,
    device_entry,
    evidence,
    history,
    patient,
    patient_audit,
    receipt,
    report,
    response,
    screening,
    session,
    session_list,
    signature,
    trail,
    unsigned,
)

app_name = "logbook"

patient_urls: list[URLPattern | URLResolver] = [
    path("patients/", patient.patients, name="patients"),
    path("patients/find/", patient.find, name="patient-find"),
    path("patients/new/", patient.register, name="patient-new"),
    path("patients/duplicates/", patient.duplicates, name="patient-duplicates"),
    path("patients/<uuid:uid>/", patient.show, name="patient"),
    path("patients/<uuid:uid>/edit/", patient.edit, name="patient-edit"),
]
screening_urls: list[URLPattern | URLResolver] = [
    path("patients/<uuid:uid>/consultations/new/", screening.new_consultation, name="consultation-new"),
    path("consultations/<uuid:uid>/", screening.consultation, name="consultation"),
    path("patients/<uuid:uid>/decisions/", screening.decisions, name="decisions"),
]
course_urls: list[URLPattern | URLResolver] = [
    path("patients/<uuid:uid>/courses/new/", course.new, name="course-new"),
    path("courses/<uuid:uid>/", course.show, name="course"),
    path("courses/<uuid:uid>/edit/", course.edit, name="course-edit"),
    path("courses/<uuid:uid>/end/", course.end, name="course-end"),
    path("courses/<uuid:uid>/letter/", course_letter.letter, name="course-letter"),
    path("courses/<uuid:uid>/letter.pdf", course_letter.letter_as_pdf, name="course-letter-pdf"),
    path("courses/<uuid:uid>/evidence/", evidence.course_evidence, name="course-evidence"),
]
session_urls: list[URLPattern | URLResolver] = [
    path("courses/<uuid:uid>/sessions/new/", session.new_session, name="session-new"),
    path("sessions/", session_list.sessions, name="sessions"),
    path("sessions/<uuid:uid>/", signature.record, name="session"),
    path("sessions/<uuid:uid>/record.pdf", signature.record_as_pdf, name="session-pdf"),
    path("sessions/<uuid:uid>/edit/", session.edit_session, name="session-edit"),
    path("sessions/<uuid:uid>/sign/", signature.sign, name="session-sign"),
    path("sessions/<uuid:uid>/review/", signature.review, name="session-review"),
    path("sessions/<uuid:uid>/amend/", session.amend, name="session-amend"),
    path("sessions/<uuid:uid>/addendum/", signature.addendum, name="session-addendum"),
    path("sessions/<uuid:uid>/error/", signature.in_error, name="session-error"),
    path("sessions/<uuid:uid>/evidence/", evidence.session_evidence, name="session-evidence"),
    path("samples/<uuid:uid>/results/new/", signature.new_result, name="result-new"),
    path("results/<uuid:uid>/error/", signature.result_in_error, name="result-error"),
]
device_urls: list[URLPattern | URLResolver] = [
    path("devices/", device.devices, name="devices"),
    path("devices/new/", device.register, name="device-new"),
    path("devices/<uuid:uid>/", device.edit, name="device-edit"),
    path("devices/<uuid:uid>/entries/new/", device_entry.new, name="device-entry-new"),
    path("devices/entries/<uuid:uid>/error/", device_entry.in_error, name="device-entry-error"),
]
report_urls: list[URLPattern | URLResolver] = [
    path("reports/", report.reports, name="reports"),
    path("reports/<slug:code>/", report.report, name="report"),
    path("reports/<slug:code>.csv", report.report_file, {"form": "csv"}, name="report-csv"),
    path("reports/<slug:code>.xlsx", report.report_file, {"form": "xlsx"}, name="report-xlsx"),
    path("reports/<slug:code>.pdf", report.report_file, {"form": "pdf"}, name="report-pdf"),
    path("reports/<slug:code>/keep/", receipt.keep, name="filter-new"),
    path("filters/<uuid:uid>/drop/", receipt.drop, name="filter-drop"),
    path("receipts/", receipt.receipts, name="receipts"),
    path("receipts/<uuid:uid>/", receipt.receipt, name="receipt"),
    path("receipts/<uuid:uid>/compare/", receipt.compare, name="receipt-compare"),
]
response_urls: list[URLPattern | URLResolver] = [
    path("responses/", response.definitions, name="definitions"),
    path("responses/new/", response.new, name="definition-new"),
    path("responses/<uuid:uid>/change/", response.change, name="definition-change"),
    path("responses/<uuid:uid>/retire/", response.retire, name="definition-retire"),
]
history_urls: list[URLPattern | URLResolver] = [
    path("sessions/unsigned/", unsigned.unsigned, name="sessions-unsigned"),
    path("history/<slug:kind>/<uuid:uid>/", history.history, name="history"),
    path("patients/<uuid:uid>/looks/", history.looks, name="patient-looks"),
    path("patients/<uuid:uid>/timeline/", patient_audit.timeline, name="patient-timeline"),
    path("patients/<uuid:uid>/timeline.csv", patient_audit.timeline_file, {"form": "csv"}, name="patient-timeline-csv"),
    path(
        "patients/<uuid:uid>/timeline.xlsx", patient_audit.timeline_file, {"form": "xlsx"}, name="patient-timeline-xlsx"
    ),
    path("patients/<uuid:uid>/timeline.pdf", patient_audit.timeline_file, {"form": "pdf"}, name="patient-timeline-pdf"),
    path("patients/<uuid:uid>/as-known/", patient_audit.as_known, name="patient-as-known"),
    path("patients/<uuid:uid>/letter/", patient_audit.letter, name="patient-letter"),
    path("patients/<uuid:uid>/letter.pdf", patient_audit.letter_as_pdf, name="patient-letter-pdf"),
]
trail_urls: list[URLPattern | URLResolver] = [
    path("trail/", trail.changes, name="trail"),
    path("trail/changes.csv", trail.changes_file, {"form": "csv"}, name="trail-csv"),
    path("trail/changes.xlsx", trail.changes_file, {"form": "xlsx"}, name="trail-xlsx"),
    path("trail/changes.pdf", trail.changes_file, {"form": "pdf"}, name="trail-pdf"),
    path("trail/looks/", trail.looks, name="trail-looks"),
    path("trail/looks.csv", trail.looks_file, {"form": "csv"}, name="trail-looks-csv"),
    path("trail/looks.xlsx", trail.looks_file, {"form": "xlsx"}, name="trail-looks-xlsx"),
    path("trail/looks.pdf", trail.looks_file, {"form": "pdf"}, name="trail-looks-pdf"),
]

urlpatterns = patient_urls + screening_urls + course_urls + session_urls + device_urls + report_urls + history_urls
urlpatterns += trail_urls + response_urls
