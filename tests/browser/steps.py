"""What a physician does with a page, by the names of its fields: the same steps in any language."""

from collections.abc import Iterable

from playwright.sync_api import Page

FOCUS = """
() => {
  const field = document.activeElement;
  const framed = (one) => one && getComputedStyle(one).outlineStyle !== "none"
    && parseFloat(getComputedStyle(one).outlineWidth) >= 2;
  return {
    matches: (selector) => field.matches(selector),
    shown: [field, field.closest("label"), field.closest(".with-unit")].some(framed),
    what: field.id || field.name || field.textContent.trim().slice(0, 40) || field.tagName,
  };
}
"""
FOCUS_ON = (
    f"(selector) => {{ const focus = ({FOCUS})(); return {{ ...focus, here: focus.matches(selector), matches: 0 }}; }}"
)


def choose(page: Page, name: str, value: str) -> None:
    """Pick one of the choices of this name: a button, or a line of a list."""
    radio = page.locator(f"input[type=radio][name='{name}'][value='{value}']")
    if radio.count():
        radio.check()
    else:
        page.locator(f"select[name='{name}']").select_option(value)


def write(page: Page, prefix: str, values: dict[str, str]) -> None:
    """Fill the fields of one row: choices are picked, the rest is typed."""
    for name, value in values.items():
        full = f"{prefix}{name}"
        if page.locator(f"input[type=radio][name='{full}'], select[name='{full}']").count():
            choose(page, full, value)
        else:
            page.locator(f"[name='{full}']").fill(value)


def answer_all(page: Page, reply: str, leave: Iterable[str] = ()) -> int:
    """Give every question of the page the same answer; how many there were."""
    buttons = page.locator(f"input[type=radio][name^='reply_'][value='{reply}']")
    names = [buttons.nth(index).get_attribute("name") for index in range(buttons.count())]
    for name in names:
        if name not in leave:
            page.locator(f"input[name='{name}'][value='{reply}']").check()
    return len(names)


def submit(page: Page, then: str | None = None) -> None:
    """Send the page's form by its one primary button, or by the one with this value."""
    button = page.locator(
        f"main button[name=then][value={then}]:visible" if then else "main button.button-primary"
    ).last
    with page.expect_navigation():
        button.click()
    assert page.locator("#problems").all_inner_texts() == []


def tab_to(page: Page, selector: str, most: int = 200) -> None:
    """Press Tab until this element has the focus; on the way every focus must be seen."""
    for _press in range(most):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS_ON, selector)
        assert focus["shown"] or focus["what"] in {"BODY", "content"}, f"the focus on {focus['what']} is not seen"
        if focus["here"]:
            return
    raise AssertionError(f"Tab does not reach {selector}")
