"""One physical machine."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sessions.forms.base import LogbookModelForm, form_field
from sessions.models import Device


class DeviceForm(LogbookModelForm):
    """A device, as printed on it."""

    class Meta:
        model = Device
        fields = [
            "maker",
            "model",
            "serial_number",
            "udi",
            "location",
            "in_service_date",
            "out_of_service_date",
            "note",
        ]
        formfield_callback = form_field


class EditDeviceForm(DeviceForm):
    """A correction, with its reason and the version that was shown."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label=_("reason for the change"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("version", self.instance.version)
