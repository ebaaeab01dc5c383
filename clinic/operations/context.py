"""What the frame of every page needs."""

from django.conf import settings
from django.http import HttpRequest

from clinic.accounts.roles import Permission


def frame(request: HttpRequest) -> dict[str, object]:
    user = getattr(request, "user", None)
    may = {permission.name: bool(user and user.is_authenticated and user.may(permission)) for permission in Permission}
    return {
        "demo": settings.DEMO,
        "may": may,
        "idle_minutes": settings.IDLE_MINUTES,
        "languages": settings.LANGUAGES,
        "emergency_minutes": settings.EMERGENCY_MINUTES,
        "emergency_until": getattr(user, "emergency_until", None),
    }
