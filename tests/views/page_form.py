"""What a browser would send for the main form of a page: every field with what stands in it."""

from html.parser import HTMLParser
from typing import Any


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, Any]] = []
        self._area = self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form":
            self.forms.append({"": given.get("action", "")})
        elif tag == "option" and self._select and "selected" in given:
            self.forms[-1][self._select] = given.get("value", "")
        elif name and self.forms and tag in {"input", "select", "textarea"}:
            if tag == "select":
                self._select = name
            if tag == "textarea":
                self._area = name
            if tag != "input" or given.get("type") not in {"radio", "checkbox"} or "checked" in given:
                self.forms[-1][name] = given.get("value", "on" if given.get("type") == "checkbox" else "")
            else:
                self.forms[-1].setdefault(name, "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        if tag == "textarea" and self._area:  # as browsers do: one empty line at the start is not part of the text
            text = self.forms[-1][self._area].replace("\r\n", "\n").removeprefix("\n")
            self.forms[-1][self._area], self._area = text.replace("\n", "\r\n"), ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.forms[-1][self._area] += data


def form_on(html: str) -> dict[str, str]:
    """The fields of the largest form on the page."""
    found = _Forms()
    found.feed(html)
    largest = max(found.forms, key=len)
    return {name: value for name, value in largest.items() if name and name != "csrfmiddlewaretoken"}
