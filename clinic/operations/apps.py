"""Operations as Django knows them, with their checks."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OperationsConfig(AppConfig):
    name = "clinic.operations"
    label = "operations"
    verbose_name = _("Operations")

    def ready(self) -> None:
        from clinic.operations import checks  # noqa: F401 -- registers itself
