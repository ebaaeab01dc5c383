"""Devices: one physical machine each, by serial number."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.audit.history import History, RecordedQuerySet
from clinic.lib.fields import Line, Prose
from sessions.models.base import Clinical, address


class DeviceQuerySet(RecordedQuerySet):
    def in_service(self) -> "DeviceQuerySet":
        return self.filter(out_of_service_date__isnull=True)


class Device(Clinical):
    """A machine that gives the current. The logbook has no link to it and sets nothing on it."""

    uid = address()
    maker = Line(_("maker"), max_length=100)
    model = Line(_("model"), max_length=100)
    serial_number = Line(_("serial number"), max_length=60)
    udi = Line(_("UDI"), max_length=120, blank=True, help_text=_("Unique device identifier, as printed on it."))
    location = Line(_("location"), max_length=100, blank=True)
    in_service_date = models.DateField(_("in service since"), null=True, blank=True)
    out_of_service_date = models.DateField(_("out of service since"), null=True, blank=True)
    note = Prose(_("note"), blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    history = History()
    objects = DeviceQuerySet.as_manager()

    class Meta(Clinical.Meta):
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        ordering = ["maker", "model", "serial_number", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["maker", "serial_number"],
                name="device_serial_once",
                violation_error_message=_("A device of this maker with this serial number is registered."),
            ),
            models.CheckConstraint(
                condition=models.Q(in_service_date__isnull=True)
                | models.Q(out_of_service_date__isnull=True)
                | models.Q(out_of_service_date__gte=models.F("in_service_date")),
                name="device_service_order",
                violation_error_code="out_of_service_date",
                violation_error_message=_("It cannot go out of service before it came into service."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.maker} {self.model} nº {self.serial_number}"
