"""Addresses of the whole program; the one file of `clinic` that knows `sessions`."""

from django.urls import include, path

from clinic.operations import views as operations

urlpatterns = [
    path("healthz", operations.health, name="health"),
    path("", include("sessions.urls")),
]
