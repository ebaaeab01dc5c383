"""The log of a device: write down what happened, strike through what was wrong."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic.accounts.roles import Permission
from clinic.gate import PersonRequest, requires
from clinic.lib.problems import AlreadyDone, Refused
from sessions.actions.device_entry import add_device_entry, mark_device_entry_in_error
from sessions.forms.device_entry import DeviceEntryForm
from sessions.forms.signature import InErrorForm
from sessions.models import Device, DeviceEntry
from sessions.views.subjects import to_page_of


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_DEVICES)
def new(request: PersonRequest, uid: UUID) -> HttpResponse:
    """Write down what happened to a device."""
    device = get_object_or_404(Device, uid=uid)
    form = DeviceEntryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            add_device_entry(by=request.user, device=device, values=form.values(), key=form.cleaned_data["form_key"])
        except AlreadyDone as done:
            return to_page_of(request, done.subject)
        except Refused as refused:
            form.add_problems(refused.problems)
        else:
            messages.success(request, _("The entry stands in the device log."))
            return redirect("logbook:device-edit", device.uid)
    return render(request, "logbook/device/entry.html", {"form": form, "device": device})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_DEVICES)
def in_error(request: PersonRequest, uid: UUID) -> HttpResponse:
    """Strike an entry through, with the reason."""
    entry = get_object_or_404(DeviceEntry.objects.select_related("device"), uid=uid)
    form = InErrorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            mark_device_entry_in_error(
                by=request.user, entry=entry, reason=form.cleaned_data["reason"], key=form.cleaned_data["form_key"]
            )
        except AlreadyDone as done:
            return to_page_of(request, done.subject)
        except Refused as refused:
            form.add_problems(refused.problems)
        else:
            messages.success(request, _("The entry is struck through."))
            return redirect("logbook:device-edit", entry.device.uid)
    context = {"form": form, "device": entry.device, "entry": entry}
    return render(request, "logbook/device/entry_in_error.html", context)
