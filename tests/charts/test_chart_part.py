"""A chart on a page: both drawings, and the same numbers as a table."""

import re

from django.template.loader import render_to_string
from django.utils import translation

from clinic.lib.as_svg import draw
from clinic.lib.plot import NARROW
from tests.lib.test_as_svg import HOSTILE, a_chart


def part(chart, **page):
    with translation.override("en"):
        return render_to_string("parts/_chart.html", {"chart": chart} | page)


def test_part_has_a_drawing_for_a_desk_one_for_a_phone_and_the_numbers():
    chart = a_chart("bars", "12", ((3, None),), names=("sessions",), title=HOSTILE, note="A note.", x_title="day")
    page = part(chart)
    with translation.override("en"):
        assert [page.count(draw(chart)), page.count(draw(chart, NARROW))] == [1, 1]
    cells = [text.strip() for text in re.findall(r"<t[hd](?: [^>]*)?>(.*?)</t[hd]>", page, re.DOTALL)]
    assert cells == ["day", "sessions", "1", "3", "2", '<span class="quiet">–</span>']
    assert (page.count("<script>"), page.count("style="), page.count("A note."), page.count("<details>")) == (
        0,
        0,
        1,
        1,
    )


def test_part_leads_to_the_table_that_stands_beside_it():
    page = part(a_chart(), beside="months")
    assert (page.count('<a href="#months">'), page.count("<table")) == (1, 0)


def test_only_a_wide_drawing_can_be_scrolled_and_has_a_name():
    page = part(a_chart("bars", tuple(map(str, range(120))), (range(120),)))
    assert (
        page.count('<div class="picture-narrow picture-scroll" tabindex="0" role="region" aria-label="Sessions">') == 1
    )
    assert page.count('<div class="picture-wide">') == 1
