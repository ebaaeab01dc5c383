"""A page whose complaints are kept: errors of the console, of scripts, of the content policy, and those axe finds."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# Written into every page before its own scripts: a violation of the policy becomes a line of the console.
POLICY_LISTENER = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`securitypolicyviolation ${event.violatedDirective} ${event.blockedURI}`));
"""
AXE = Axe().axe_script
# Violations alone, and without reading the style sheets a second time: that halves the time.
RUN_AXE = """
async () => (await axe.run({ resultTypes: ["violations"], preload: false })).violations.map((rule) =>
  [rule.id, rule.nodes.slice(0, 3).map((node) => `${node.target.join(" ")}: ${node.failureSummary}`)])
"""
OVER_THE_EDGE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
HEIGHT = 900
STORED = "[localStorage.length, sessionStorage.length]"


class Watched:
    """A page and what went wrong on it since it was last asked."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.add_init_script(POLICY_LISTENER)
        page.on("console", lambda line: self._heard(line.type, line.text))
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))

    def _heard(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(f"{kind}: {text}")

    def taken(self) -> list[str]:
        """The complaints so far, once."""
        found, self.complaints = self.complaints, []
        return found

    def barriers(self) -> list[str]:
        """What axe finds, with the place of each."""
        self.page.evaluate(AXE)
        return [f"axe {rule}: {place}" for rule, places in self.page.evaluate(RUN_AXE) for place in places]

    def over_the_edge(self, width: int) -> list[str]:
        """Whether the whole page can be scrolled sideways at this width."""
        if self.page.viewport_size != {"width": width, "height": HEIGHT}:
            self.page.set_viewport_size({"width": width, "height": HEIGHT})
        over = self.page.evaluate(OVER_THE_EDGE)
        return [f"{over} px too wide at {width} px"] if over > 0 else []

    def kept_in_the_browser(self) -> list[str]:
        """What the page left behind outside cookies."""
        return [] if self.page.evaluate(STORED) == [0, 0] else ["something is kept in the browser's storage"]
