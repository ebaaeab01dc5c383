"""The logbook as Django knows it."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class LogbookConfig(AppConfig):
    # Django's own web sessions hold the label "sessions"; ours is "logbook" everywhere.
    name = "sessions"
    label = "logbook"
    verbose_name = _("Logbook")

    def ready(self) -> None:
        from clinic.audit.guard import add_known, add_rules
        from clinic.audit.verify import add_check
        from sessions.actions.search import after_migration
        from sessions.models.guards import rules
        from sessions.models.trigrams import triggers
        from sessions.reports.figures import check_figures
        from sessions.reports.signatures import check_signatures
        from sessions.views import report_jobs  # noqa: F401 -- brings the kind of job that makes large files of reports

        add_rules(rules)
        add_known(triggers)
        add_check(check_signatures)
        add_check(check_figures)
        post_migrate.connect(after_migration, sender=self)
