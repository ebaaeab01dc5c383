"""What an access says besides, in the reader's language."""

import pytest
from django.utils import translation

from sessions.reports.trail_records import detail_in_words


@pytest.mark.parametrize(
    ("kept", "english", "french"),
    [
        ("leroy: staff", "leroy: clinic staff", "leroy\u00a0: personnel de la clinique"),
        ("leroy: staff → auditor", "leroy: clinic staff → auditor", "leroy\u00a0: personnel de la clinique → auditeur"),
        ("emergency 12ab34cd", "in an emergency (12ab34cd)", "en urgence (12ab34cd)"),
        ("code", "wrong code", "code incorrect"),
        (
            "altered: row altered (1), signer renamed (2), quite unknown (3)",
            "row altered (1), signer renamed (2), quite unknown (3)",
            "ligne altérée (1), signataire renommé (2), quite unknown (3)",
        ),
        ("altered: row altered (1), sig…", "row altered (1), sig…", "ligne altérée (1), sig…"),
        ("leroy: queen", "leroy: queen", "leroy: queen"),
        ("emergency at home", "emergency at home", "emergency at home"),
        ("12ab34cd 2026-11-22T19:54Z: staff", "12ab34cd 2026-11-22T19:54Z: staff", "12ab34cd 2026-11-22T19:54Z: staff"),
        ("", "", ""),
    ],
)
def test_detail_of_an_access_is_said_in_the_readers_language(kept: str, english: str, french: str) -> None:
    said = {}
    for language in ("en", "fr"):
        with translation.override(language):
            said[language] = detail_in_words(kept)
    assert said == {"en": english, "fr": french}
