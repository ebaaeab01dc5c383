"""Choosing a physician."""

from django import forms
from django.db.models import Q, QuerySet

from clinic.accounts.models import User
from clinic.accounts.roles import Role


def people(*roles: Role, also: int | None = None) -> QuerySet[User]:
    """Those with one of the roles and in use, and the one that the record names already."""
    return User.objects.filter(Q(role__in=roles, is_active=True) | Q(pk=also))


def choose_physician(form: forms.Form, user: User) -> None:
    """Offer the physicians; a physician who writes is picked, for this is no setting of a device."""
    field = form.fields["physician"]
    also = getattr(getattr(form, "instance", None), "physician_id", None)
    field.queryset = people(Role.PHYSICIAN, also=also)  # type: ignore[attr-defined]
    field.empty_label = "—"  # type: ignore[attr-defined]
    if not also and user.is_physician:
        form.initial.setdefault("physician", user.pk)
