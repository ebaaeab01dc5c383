"""The accounts as Django knows them."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "clinic.accounts"
    label = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from clinic.accounts.guards import rules
        from clinic.audit.guard import add_rules

        add_rules(rules)
