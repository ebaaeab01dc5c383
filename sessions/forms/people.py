"""Choosing a physician."""

from django import forms
from django.db.models import QuerySet

from clinic.accounts.models import User
from clinic.accounts.roles import Role


def physicians(also: int | None = None) -> QuerySet[User]:
    """Those who are physicians and in use, and the one that the record names already."""
    found = User.objects.filter(role=Role.PHYSICIAN)
    return (
        (found.filter(is_active=True) | User.objects.filter(pk=also)).distinct()
        if also
        else found.filter(is_active=True)
    )


def choose_physician(form: forms.Form, user: User) -> None:
    """Offer the physicians; a physician who writes is picked, for this is no setting of a device."""
    field = form.fields["physician"]
    also = getattr(getattr(form, "instance", None), "physician_id", None)
    field.queryset = physicians(also)  # type: ignore[attr-defined]
    field.empty_label = "—"  # type: ignore[attr-defined]
    if not also and user.is_physician:
        form.initial.setdefault("physician", user.pk)
