"""What happened to a device."""

from sessions.forms.base import LogbookModelForm, form_field
from sessions.models import DeviceEntry


class DeviceEntryForm(LogbookModelForm):
    """One entry of the log, as the register asks for it."""

    class Meta:
        model = DeviceEntry
        fields = ["kind", "happened_date", "ended_date", "nature", "conforming", "done_by", "employer", "note"]
        formfield_callback = form_field
