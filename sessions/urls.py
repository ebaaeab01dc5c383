"""Addresses of the logbook. No name stands in one, and none can be guessed."""

from django.urls import URLPattern, URLResolver, path

from sessions.views import patient, report

app_name = "logbook"

patient_urls: list[URLPattern | URLResolver] = [
    path("patients/", patient.patients, name="patients"),
    path("patients/new/", patient.register, name="patient-new"),
    path("patients/duplicates/", patient.duplicates, name="patient-duplicates"),
    path("patients/<uuid:uid>/", patient.show, name="patient"),
    path("patients/<uuid:uid>/edit/", patient.edit, name="patient-edit"),
]
screening_urls: list[URLPattern | URLResolver] = []
course_urls: list[URLPattern | URLResolver] = []
session_urls: list[URLPattern | URLResolver] = []
device_urls: list[URLPattern | URLResolver] = []
report_urls: list[URLPattern | URLResolver] = [
    path("reports/sessions/", report.sessions, name="report-sessions"),
    path("reports/sessions.csv", report.sessions_csv, name="report-sessions-csv"),
]
history_urls: list[URLPattern | URLResolver] = []

urlpatterns = patient_urls + screening_urls + course_urls + session_urls + device_urls + report_urls + history_urls
