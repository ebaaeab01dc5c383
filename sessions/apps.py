"""The logbook as Django knows it."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LogbookConfig(AppConfig):
    # Django's own web sessions hold the label "sessions"; ours is "logbook" everywhere.
    name = "sessions"
    label = "logbook"
    verbose_name = _("Logbook")
