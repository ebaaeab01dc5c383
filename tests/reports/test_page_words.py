"""Every page and every file has its words among the accesses."""

from django.utils import translation

from sessions.reports.page_words import PAGES, pages_in_words
from tests.architecture.test_policy import routes


def test_every_route_has_its_words_and_no_other():
    assert sorted(pages_in_words()) == sorted(name for name, _route in routes())


def test_no_two_pages_have_the_same_words():
    with translation.override("en"):
        words = [str(title) for title in PAGES.values()]
    assert sorted(words) == sorted(set(words))


def test_a_file_is_named_after_its_page():
    with translation.override("en"):
        said = pages_in_words()
    assert (said["logbook:trail"], said["logbook:trail-csv"], said["logbook:session-pdf"]) == (
        "Trail: changes",
        "Trail: changes, CSV file",
        "Session, PDF file",
    )
