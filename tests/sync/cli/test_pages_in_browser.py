"""The pages of what a changed comp plan would pay, and of what one brought, in a real browser: `make browser`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from figured import call
from test_cli_effect import company
from test_cli_whatif import changed, project_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("width", [360, 1200])
def test_what_if(browser: Any, tmp_path: Path, width: int) -> None:
    file = tmp_path / "whatif.html"
    draft = changed(tmp_path, "rate: 0.1}", "rate: 0.2}")
    assert call(project_of(tmp_path / "p"), "whatif", draft, "--html", str(file)).exit_code == 0
    look_at(browser, file, width, "505.10")


@pytest.mark.parametrize("width", [360, 1200])
def test_effect(browser: Any, tmp_path: Path, width: int) -> None:
    file = tmp_path / "effect.html"
    assert call(company(tmp_path), "effect", "spring", "extra", "--html", str(file)).exit_code == 0
    look_at(browser, file, width, "+123 to +277")


def look_at(browser: Any, file: Path, width: int, figure: str) -> None:
    """The page is no wider than the window, loads nothing, and shows a figure on a screen and on paper."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    page, asked, problems = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: problems.append(message.text))
    page.goto(file.as_uri())
    assert (asked, problems) == ([file.as_uri()], [])
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.get_by_text(figure).first.is_visible()
    page.emulate_media(media="print")
    assert page.get_by_text(figure).first.is_visible()
    context.close()
