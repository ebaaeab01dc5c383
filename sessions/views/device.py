"""Devices: list, register, correct."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic.accounts.roles import Permission
from clinic.gate import PersonRequest, requires
from clinic.lib.problems import AlreadyDone, Refused
from sessions.actions.device import change_device, register_device
from sessions.forms.device import DeviceForm, EditDeviceForm
from sessions.forms.meanwhile import changed_meanwhile, compare
from sessions.models import Device
from sessions.views.subjects import to_page_of


@require_http_methods(["GET", "HEAD"])
@requires(Permission.MANAGE_DEVICES)
def devices(request: PersonRequest) -> HttpResponse:
    """Every device, those in service first."""
    found = Device.objects.all()
    page = {"in_service": found.in_service(), "out_of_service": found.exclude(out_of_service_date__isnull=True)}
    return render(request, "logbook/device/list.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_DEVICES)
def register(request: PersonRequest) -> HttpResponse:
    """Register a device by its serial number."""
    form = DeviceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            register_device(by=request.user, values=form.values(), key=form.cleaned_data["form_key"])
        except AlreadyDone as done:
            return to_page_of(request, done.subject)
        except Refused as refused:
            form.add_problems(refused.problems)
        else:
            messages.success(request, _("The device is registered."))
            return redirect("logbook:devices")
    return render(request, "logbook/device/form.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_DEVICES)
def edit(request: PersonRequest, uid: UUID) -> HttpResponse:
    """Correct a device, with a reason; below stands its log."""
    device = get_object_or_404(Device, uid=uid)
    form = EditDeviceForm(request.POST or None, instance=device)
    meanwhile = []
    if request.method == "POST" and form.is_valid():
        try:
            change_device(
                by=request.user,
                device=device,
                values=form.values(),
                version=form.cleaned_data["version"],
                reason=form.cleaned_data["reason"],
                key=form.cleaned_data["form_key"],
            )
        except AlreadyDone as done:
            return to_page_of(request, done.subject)
        except Refused as refused:
            form.add_problems(refused.problems)
            if changed_meanwhile(refused.problems):
                meanwhile = compare(form, get_object_or_404(Device, uid=uid))
        else:
            messages.success(request, _("Saved."))
            return redirect("logbook:devices")
    page = {"form": form, "device": device, "meanwhile": meanwhile, "entries": device.entries.all()}
    return render(request, "logbook/device/form.html", page)
