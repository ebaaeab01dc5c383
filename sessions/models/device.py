"""Devices: one physical machine each, by serial number, and the log of what happened to it."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clinic.audit.history import History, RecordedQuerySet
from clinic.lib.fields import Code, Line, Prose
from sessions.measures.words import DeviceEntryKind, YesNo
from sessions.models.base import Clinical, address, one_of

Q = models.Q


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


class DeviceEntryQuerySet(RecordedQuerySet):
    def standing(self) -> "DeviceEntryQuerySet":
        """Without those entered in error."""
        return self.filter(in_error=False)


class DeviceEntry(Clinical):
    """Something that happened to a device, as somebody wrote it down. It says nothing of how the device is set."""

    uid = address()
    device = models.ForeignKey(Device, models.PROTECT, related_name="entries", verbose_name=_("device"))
    kind = Code(pgettext_lazy("device", "what happened"), choices=DeviceEntryKind.choices)
    happened_date = models.DateField(_("date"))
    ended_date = models.DateField(
        _("used again from"),
        null=True,
        blank=True,
        help_text=_("Where the device stood still for it: the day from which it could be used again."),
    )
    done_by = Line(_("done by"), max_length=120, blank=True)
    employer = Line(_("employer or company"), max_length=120, blank=True)
    nature = Line(_("what was done or found"), blank=True)
    conforming = Code(_("conforming"), choices=YesNo.choices, blank=True)
    note = Prose(_("note"), blank=True)
    in_error = models.BooleanField(_("entered in error"), default=False)
    error_reason = Line(_("reason for the correction"), blank=True)

    history = History()
    objects = DeviceEntryQuerySet.as_manager()

    class Meta(Clinical.Meta):
        verbose_name = _("entry in the device log")
        verbose_name_plural = _("device log")
        ordering = ["-happened_date", "-id"]
        constraints = [
            one_of("kind", DeviceEntryKind.values, name="device_entry_kind_word", also_empty=False),
            one_of("conforming", YesNo.values, name="device_entry_conforming_word"),
            models.CheckConstraint(
                condition=Q(ended_date__isnull=True) | Q(ended_date__gte=models.F("happened_date")),
                name="device_entry_order",
                violation_error_code="ended_date",
                violation_error_message=_("It cannot be used again before it stood still."),
            ),
            models.CheckConstraint(
                condition=~Q(kind=DeviceEntryKind.BACK) | Q(ended_date__isnull=True),
                name="device_entry_back_is_one_day",
                violation_error_code="ended_date",
                violation_error_message=_("The day on which it was put back in service is the date above."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=(DeviceEntryKind.OUT, DeviceEntryKind.BACK)) | ~Q(nature=""),
                name="device_entry_has_nature",
                violation_error_code="nature",
                violation_error_message=_("Say in words what was done or found."),
            ),
            models.CheckConstraint(
                condition=Q(in_error=False, error_reason="") | (Q(in_error=True) & ~Q(error_reason="")),
                name="device_entry_error_has_reason",
                violation_error_code="error_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()
