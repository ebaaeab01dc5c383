"""The fields of a new row, as the history and the trail show them."""

import pytest

from clinic.audit.changes import FieldChange
from sessions.templatetags.logbook import as_written


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("palm", "palm"),
        ("<b>'&\"", "&lt;b&gt;&#x27;&amp;&quot;"),
        ("one\ntwo", "one<br>two"),
        ("<i>\r\ntwo\rthree", "&lt;i&gt;<br>two<br>three"),
        ("", ""),
    ],
)
def test_value_is_shown_as_it_was_written_and_never_as_markup(value, shown):
    line = f'<tr><th scope="row">Site &amp; side</th><td class="change-new">{shown}</td></tr>'
    assert as_written([FieldChange("Site & side", "", value)] * 2) == line * 2
