"""Statements in a real browser: whole at every width and on paper, with the right figures.

Needs Chromium and the `browser` dependency group: `make browser` installs the group and runs this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tiered import stated, with_points

from sync.statements.as_html import as_html
from sync.statements.tell import tell
from sync.statements.writing import Writing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WIDTHS = (360, 1200)

OUTSIDE = """() => [...document.querySelectorAll("h1, h2, h3, p, th, td, dt, dd, figcaption, svg")].filter((each) => {
  const box = each.getBoundingClientRect();
  return box.width > 1 && (box.right > window.innerWidth + 1 || box.left < -1);
}).map((each) => each.textContent)"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the statement in each language, and that with points."""
    made = tmp_path_factory.mktemp("pages")
    for language in ("en", "fr"):
        document = tell(stated(), Writing(language))  # type: ignore[arg-type]  # one of them
        (made / f"{language}.html").write_text(as_html(document), encoding="utf-8")
    (made / "points.html").write_text(as_html(tell(with_points(), Writing("en"))), encoding="utf-8")
    return made


@pytest.fixture
def opened(browser: Any, folder: Path) -> Iterator[Any]:
    """Opens a page of a name in a window of a width; it notes what the page asks for and complains of."""
    contexts = []

    def open_page(name: str, width: int = 1200, **options: Any) -> Any:
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, **options))
        page = contexts[-1].new_page()
        page.asked, page.problems = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda message: page.problems.append(message.text))
        page.goto((folder / f"{name}.html").as_uri())
        return page

    yield open_page
    for each in contexts:
        each.close()


@pytest.mark.parametrize("name", ["en", "fr", "points"])
def test_a_page_asks_for_nothing_but_itself(opened: Any, name: str) -> None:
    page = opened(name)
    assert (len(page.asked), page.problems) == (1, [])


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["en", "fr", "points"])
def test_nothing_of_a_statement_is_cut_off(opened: Any, name: str, width: int) -> None:
    page = opened(name, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(OUTSIDE) == []


def test_tiers_stand_in_a_table_with_their_figures(opened: Any) -> None:
    table = opened("en").get_by_role("table", name="Commission (FY2026-Q1)").first
    rows = [row.split() for row in table.get_by_role("row").all_inner_texts()]
    assert rows[1:] == [
        ["from", "0%", "4%", "160,000.00", "6,400.00"],
        ["from", "80%", "(you", "are", "here)", "5%", "85,510.00", "4,275.50"],
        ["from", "130%", "10%", "0.00", "0.00"],
        ["Total", "10,675.50"],
    ]


def test_the_bar_is_as_long_as_the_attainment(opened: Any) -> None:
    """122.755 % of at most 200 %; the tiers begin at 80 % and 130 %, the target is at 100 %."""
    row = opened("en").locator(".bars > div", has_text="Bookings")
    parts = row.locator("svg").evaluate(
        "(svg) => [...svg.querySelectorAll('.fill, .mark')].map((each) => {"
        " const box = each.getBoundingClientRect(), room = svg.getBoundingClientRect();"
        " return [(box.left - room.left) / room.width, box.width / room.width] })"
    )
    assert parts[0] == pytest.approx([0, 0.6138], abs=0.001)
    assert [round(left, 2) for left, _ in parts[1:]] == [0.4, 0.65, 0.5]


def test_paid_by_period_is_in_scale(opened: Any) -> None:
    fills = opened("en").locator("section", has_text="Paid by period").last.locator(".fill")
    widths = [each["width"] for each in (fills.nth(k).bounding_box() for k in range(3))]
    assert [round(each / widths[0], 2) for each in widths] == [1, 1, 0.83]


def test_on_paper_it_is_dark_on_white_whole_and_of_a_few_pages(opened: Any) -> None:
    page = opened("en", color_scheme="dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    printed = page.pdf(format="A4")
    assert 2 <= printed.count(b"/Type /Page\n") <= 5
    assert page.get_by_text("10,675.50").first.is_visible()
