"""May this course be opened, changed, ended?"""

from collections.abc import Iterable
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from clinic.lib.problems import Problem
from sessions.measures.sites import SITES_OF, Site
from sessions.measures.words import CourseStatus, EndReason
from sessions.models import Course

# Three digits catch a slip of the key; no engine would keep five.
MOST_PLANNED = 999
REACHED = (EndReason.COMPLETED, EndReason.GOAL)


def why_not_these_sites(indication: str, sites: Iterable[str]) -> list[Problem]:
    """At least one site, and none of another indication."""
    sites = list(sites)
    if not sites:
        return [Problem("sites", _("Choose at least one site."))]
    strange = [site for site in sites if site not in SITES_OF.get(indication, ())]
    if strange:
        names = ", ".join(str(Site(site).label) if site in Site.values else site for site in strange)
        return [Problem("sites", _("Not a site of this indication: %(sites)s.") % {"sites": names})]
    return []


def why_not_this_course(course: Course, *, birth_date: date, today: date) -> list[Problem]:
    """The opening lies between birth and today; number, consultation, physician and predecessor fit."""
    problems = []
    if course.opened_date > today:
        problems.append(Problem("opened_date", _("This date lies in the future.")))
    if course.opened_date < birth_date:
        problems.append(Problem("opened_date", _("This date lies before the patient's birth.")))
    if course.planned_sessions == 0:
        problems.append(Problem("planned_sessions", _("Write the number planned, or leave it empty.")))
    if course.planned_sessions is not None and course.planned_sessions > MOST_PLANNED:
        problems.append(Problem("planned_sessions", _("Too many digits: please read it again.")))
    if not course.physician.is_physician:
        problems.append(Problem("physician", _("A course is led by a physician.")))
    if course.consultation and course.consultation.patient_id != course.patient_id:
        problems.append(Problem("consultation", _("This consultation is another patient's.")))
    if course.previous and (course.previous.patient_id != course.patient_id or course.previous_id == course.pk):
        problems.append(Problem("previous", _("Choose another course of this patient.")))
    return problems


def why_not_this_consultation(course: Course, first_performed: date | None) -> list[Problem]:
    """Once a session was signed as performed, its course keeps a consultation held by then, and opened by then."""
    if first_performed is None:
        return []
    said = {"day": date_format(first_performed, "SHORT_DATE_FORMAT")}
    problems = []
    if course.consultation is None or course.consultation.held_date > first_performed:
        sentence = _("A session of %(day)s is signed: its course needs a consultation held by then.") % said
        problems.append(Problem("consultation", sentence, "performed"))
    if course.opened_date > first_performed:
        sentence = _("A session of %(day)s is signed: its course cannot be opened later.") % said
        problems.append(Problem("opened_date", sentence, "performed"))
    return problems


def why_not_remove_sites(removed: Iterable[str], treated: set[str]) -> list[Problem]:
    """A site that a session of the course treated stays with the course."""
    kept = [str(Site(site).label) for site in removed if site in treated]
    return (
        [Problem("sites", _("Sessions of this course treated: %(sites)s.") % {"sites": ", ".join(kept)})]
        if kept
        else []
    )


def why_not_end(course: Course, *, ended_date: date, today: date, last_session: date | None) -> list[Problem]:
    """An open course ends between its opening or last session and today."""
    if not course.is_open:
        return [Problem("", _("This course has ended already."))]
    if ended_date > today:
        return [Problem("ended_date", _("This date lies in the future."))]
    if ended_date < course.opened_date:
        return [Problem("ended_date", _("A course cannot end before it was opened."))]
    if last_session and ended_date < last_session:
        said = date_format(last_session, "SHORT_DATE_FORMAT")
        return [Problem("ended_date", _("A session of %(day)s is later than this date.") % {"day": said})]
    return []


def status_at_end(end_reason: str) -> str:
    """How a course stands once it has ended for this reason."""
    return CourseStatus.COMPLETED if end_reason in REACHED else CourseStatus.STOPPED
