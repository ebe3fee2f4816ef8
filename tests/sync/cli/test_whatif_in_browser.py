"""The page of what a changed comp plan would pay, in a real browser: `make browser` runs this."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from figured import call
from test_cli_whatif import changed, project_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("width", [360, 1200])
def test_the_page_is_no_wider_than_the_window_and_loads_nothing(browser: Any, tmp_path: Path, width: int) -> None:
    file = tmp_path / "whatif.html"
    draft = changed(tmp_path, "rate: 0.1}", "rate: 0.2}")
    assert call(project_of(tmp_path / "p"), "whatif", draft, "--html", str(file)).exit_code == 0
    context = browser.new_context(viewport={"width": width, "height": 900})
    page, asked, problems = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: problems.append(message.text))
    page.goto(file.as_uri())
    assert (asked, problems) == ([file.as_uri()], [])
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.get_by_text("505.10").first.is_visible()
    page.emulate_media(media="print")
    assert page.get_by_text("505.10").first.is_visible()
    context.close()
