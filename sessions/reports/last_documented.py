"""What was documented last time, to be read beside the form; never a value in it."""

from sessions.models import Course, Session


def last_documented(course: Course, before: Session | None = None) -> Session | None:
    """The latest signed and performed session of this course, or else of this patient's courses for the same indication."""
    signed = (
        Session.objects.signed()
        .performed()
        .with_rows()
        .filter(patient_id=course.patient_id, course__indication=course.indication)
        .prefetch_related("signatures")
    )
    if before is not None:
        signed = signed.exclude(pk=before.pk)
        if before.started_at:
            signed = signed.filter(started_at__lt=before.started_at)
    ordered = signed.order_by("-started_at", "-id")
    return ordered.filter(course=course).first() or ordered.first()
