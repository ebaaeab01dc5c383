"""May this device be registered so?"""

from clinic.lib.problems import Problem
from sessions.models import Device


def why_not_this_device(device: Device) -> list[Problem]:
    """Its service dates come in order, in the words that the table's own constraint has."""
    began, ended = device.in_service_date, device.out_of_service_date
    if began and ended and ended < began:
        order = next(constraint for constraint in Device._meta.constraints if constraint.name == "device_service_order")
        return [Problem("out_of_service_date", str(order.violation_error_message))]
    return []
