"""Every page and state in Chromium: nothing serious for axe, no sideways scrolling at 400%, one way by keyboard alone,
all of it without scripts, and no name that runs."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from hub.api.access import Grant
from tests.browser.conftest import PASSWORD
from tests.support.pages import MALICE
from tests.support.readmodel import alert

AXE = Axe()
PAGES = {
    "worklist": ("coordinator", "/pages/worklist"),
    "standing": ("coordinator", "/pages/worklist?list=standing&age=26%2B"),
    "exempt": ("coordinator", "/pages/worklist?list=exempt"),
    "restricted": ("coordinator", "/pages/worklist?list=restricted"),
    "empty": ("coordinator", "/pages/worklist?service=none"),
    "filters": ("coordinator", "/pages/filters"),
    "changes": ("coordinator", "/pages/changes?since=2026-11-01"),
    "nothing-changed": ("coordinator", "/pages/changes?since=2026-11-28"),
    "child": ("coordinator", "/pages/children/{ordinary}"),
    "child-doubted": ("coordinator", "/pages/children/{doubted}"),
    "child-malice": ("coordinator", "/pages/children/{malice}"),
    "child-unnamed": ("head-of-send", "/pages/children/{ordinary}"),
    "child-of-service": ("service", "/pages/children/{exempt}"),
    "find": ("coordinator", "/pages/find"),
    "measures": ("viewer", "/pages/measures"),
    "measures-of-services": ("viewer", "/pages/measures?measure=advice-on-time"),
    "questions": ("coordinator", "/pages/questions"),
    "missing": ("coordinator", "/pages/children/none"),
    "refused": ("viewer", "/pages/find"),
    "unfit": ("viewer", "/pages/worklist?list=none"),
    "sign-in": (None, "/pages/sign-in"),
}


def troubles(page) -> list[str]:
    """What axe finds serious on a page that has come whole."""
    page.wait_for_load_state()
    found = AXE.run(page).response["violations"]
    return [
        f"{each['id']}: {node['target']}"
        for each in found
        for node in each["nodes"]
        if each["impact"] in ("serious", "critical")
    ]


def overflows(page) -> list[str]:
    """What reaches beyond the page's width, but for what scrolls by itself."""
    return page.evaluate(
        """() => document.documentElement.scrollWidth <= document.documentElement.clientWidth ? [] :
        [...document.querySelectorAll('body *')].filter(each => each.getBoundingClientRect().right >
        document.documentElement.clientWidth + 1 && !each.closest('.drawing, .scroll')).map(each => each.outerHTML
        .slice(0, 80))"""
    )


@pytest.mark.parametrize("name", PAGES)
def test_nothing_serious_for_axe_and_nothing_beyond_a_narrow_screen(open_as, children, name):
    who, path = PAGES[name]
    page = open_as(who, restricted=name == "restricted")
    page.goto(path.format(**children))
    assert troubles(page) == []
    # 1280 pixels at 400% are 320 of CSS.
    page.set_viewport_size({"width": 320, "height": 256})
    assert overflows(page) == []
    if name in ("worklist", "child"):
        assert troubles(page) == []


def test_the_states_behind_forms_have_nothing_serious_either(open_as, children):
    page = open_as("coordinator")
    page.goto("/pages/find")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_role("alert").get_by_role("link").click()
    expect(page.locator("#name")).to_be_focused()
    expect(page.locator("#name-fault")).to_be_visible()
    assert troubles(page) == []
    page.get_by_label("Name").fill("script")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("rowheader")).to_contain_text(MALICE)
    assert troubles(page) == []
    page.get_by_label("Name").fill("nobody of this name")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("No child was found.")).to_be_visible()
    assert troubles(page) == []
    page.goto("/pages/questions")
    page.get_by_role("link", name="Two people under one number?").first.click()
    expect(page.get_by_label("Why do you look?")).to_be_visible()
    assert troubles(page) == []
    page.get_by_label("Why do you look?").fill("the school rang")
    page.get_by_role("button", name="Look").click()
    expect(page.get_by_text("Side by side")).to_be_visible()
    assert troubles(page) == []
    page.set_viewport_size({"width": 320, "height": 256})
    assert overflows(page) == []
    page.get_by_role("radio").first.check()
    page.get_by_label("Why?").fill("they are two")
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The decision is on its way")
    assert troubles(page) == []


def test_a_sheet_with_names_is_asked_for_with_a_reason_and_comes_as_a_file(open_as):
    page = open_as("coordinator")
    page.goto("/pages/worklist")
    page.get_by_text("Take as a sheet with names").click()
    assert troubles(page) == []
    page.get_by_label("Why does the sheet need names?").fill("     x     ")
    page.get_by_role("button", name="Take the sheet").click()
    page.get_by_role("alert").get_by_role("link", name="Say in a few words why the sheet needs names").click()
    expect(page.locator("#sheet-reason")).to_be_focused()
    assert troubles(page) == []
    page.set_viewport_size({"width": 320, "height": 256})
    assert overflows(page) == []
    page.get_by_label("Why does the sheet need names?").fill("the week's call with the trust")
    with page.expect_download() as taken:
        page.get_by_role("button", name="Take the sheet").click()
    assert taken.value.suggested_filename == "worklist-with-names.csv"


def test_what_matches_no_child_is_given_to_one_whom_somebody_knows(open_as):
    page = open_as("coordinator")
    page.goto("/pages/questions")
    page.get_by_role("link", name="Whose is this?").first.click()
    page.get_by_label("Why do you look?").fill("the school rang")
    page.get_by_role("button", name="Look").click()
    expect(page.get_by_label("Case reference of the child")).to_be_visible()
    expect(page.get_by_role("radio")).to_have_count(1)
    expect(page.get_by_role("radio", name="It is none of ours")).to_be_visible()
    assert troubles(page) == []
    page.get_by_label("Case reference of the child").fill("REQ-00")
    page.get_by_role("button", name="Lay beside").click()
    page.get_by_role("alert").get_by_role("link").click()
    expect(page.locator("#reference")).to_be_focused()
    assert troubles(page) == []
    page.get_by_label("Case reference of the child").fill("REQ-94")
    page.get_by_role("button", name="Lay beside").click()
    page.get_by_role("radio", name="It is this child").check()
    page.set_viewport_size({"width": 320, "height": 256})
    assert overflows(page) == []
    page.get_by_label("Why?").fill("their mother says so")
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The decision is on its way")


def test_measures_of_an_area_that_is_not_known_say_so_and_lead_back(open_as):
    page = open_as("viewer", Grant(role="viewer", areas=frozenset({"*"})))
    page.goto("/pages/measures?area=nowhere")
    expect(page.get_by_role("alert").get_by_text("Ask for one that is known: 825")).to_be_visible()
    assert troubles(page) == []
    page.set_viewport_size({"width": 320, "height": 256})
    assert overflows(page) == []
    page.get_by_role("link", name="See the measures that are yours").click()
    expect(page.locator("svg").first).to_be_visible()


def test_names_that_attack_run_nothing(open_as, children):
    page = open_as("coordinator")
    for path in (f"/pages/children/{children['malice']}", "/pages/worklist"):
        page.goto(path)
        assert page.title() != "ran"
    assert page.evaluate("document.scripts.length") == 1


def test_all_of_it_goes_by_keyboard_alone(open_as, site):
    page = open_as(None)
    page.goto("/pages/worklist")
    assert page.url.startswith(f"{site.address}/pages/sign-in")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("amina")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/pages/worklist")
    tabbed = _tab_until(page, "REQ-")
    assert all(seen["outline"] for seen in tabbed)
    page.keyboard.press("Enter")
    page.wait_for_url("**/pages/children/*")
    _tab_until(page, "Why")
    page.keyboard.press("Enter")
    expect(page.locator("details[open] p").first).to_be_visible()
    page.keyboard.press("Home")
    page.goto("/pages/worklist")
    _tab_until(page, "Sign out")
    page.keyboard.press("Enter")
    page.wait_for_url("**/pages/sign-in")


def _tab_until(page, text: str) -> list[dict]:
    """Tab to what begins with a text; what was passed by, and whether each could be seen to have the focus."""
    seen = []
    for _ in range(80):
        page.keyboard.press("Tab")
        here = page.evaluate(
            """() => { const at = document.activeElement, style = getComputedStyle(at);
            return {text: at.innerText ?? '', tag: at.tagName, outline: style.outlineStyle !== 'none'} }"""
        )
        seen.append(here)
        if here["text"].startswith(text):
            return seen
    raise AssertionError(f"no way by keyboard to {text}: {seen}")


def test_all_of_it_goes_without_scripts(open_as, site, children):
    page = open_as(None, scripts=False)
    page.goto("/pages/worklist")
    page.get_by_label("Name").fill("amina")
    page.get_by_label("Password").fill("a wrong one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Name").fill("amina")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Worklist")
    page.get_by_label("Weeks since asked").select_option("26+")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**age=26%2B*")
    page.get_by_role("link", name="Standing backlog").click()
    page.get_by_role("rowheader").first.get_by_role("link").click()
    page.locator("summary", has_text="Why").first.click()
    expect(page.locator("details[open] p").first).to_be_visible()
    page.get_by_role("link", name="Find a child").click()
    page.get_by_label("Reference").fill("REQ-95")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("rowheader")).to_have_text("Ines Twice")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/pages/sign-in")
    page.goto("/pages/worklist")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_a_page_says_when_there_is_something_newer(open_as, site, monkeypatch):
    monkeypatch.setattr("hub.api.pages.router.LOOK_SECONDS", 0.2)
    page = open_as("viewer")
    page.goto("/pages/worklist")
    told = page.get_by_text("There is something newer than this page.")
    expect(told).to_be_hidden()
    position = site.projector.positions([("hub.alerts", 0)])["hub.alerts", 0]
    record = alert(position)
    newer = type(record)(*(*(getattr(record, name) for name in record.__slots__[:-1]), 1_900_000_000_000))
    site.projector.apply("hub.alerts", 0, [newer], position, position + 1)
    told.wait_for()
    page.get_by_role("link", name="Show it").click()
    expect(told).to_be_hidden()
