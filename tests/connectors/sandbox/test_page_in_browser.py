"""The pages in a real browser: whole at every width, with every figure in sight, and looking as they did.

Needs Chromium and the `browser` dependency group: `make browser` installs the group and runs this.
A page that was changed on purpose gets its new picture with `make browser ARGS=--new-pictures`.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from test_page import company, fill_hubspot, fill_salesforce

from connectors.sandbox.behaviour import CALM
from connectors.sandbox.dialect import Settings
from connectors.sandbox.run import Sandbox, open_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

PICTURES = Path(__file__).parent / "pictures"
WIDTHS = {"wide": 1300, "narrow": 420}
SMALL = (65, 60)  # compared so small that a machine's fonts do not matter, and a page without its style does
MOST = 6.0  # mean difference of grey levels, of 255: other fonts give 2, a missing style more than 20


@pytest.fixture(scope="module", params=["salesforce", "hubspot"])
def sandbox(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp(request.param)
    (fill_salesforce if request.param == "salesforce" else fill_hubspot)(folder)
    with open_sandbox(request.param, data=folder, settings=Settings(behaviour=CALM)) as running:
        if running.crm == "hubspot":
            add_figure(running)
        running.database.clock.set(datetime(2026, 10, 31, 12, tzinfo=UTC))
        yield running


def add_figure(sandbox: Sandbox) -> None:
    """A custom property with a long label and a figure in it."""
    headers = {"Authorization": f"Bearer {sandbox.settings.access_token}"}
    made = {
        "name": "attainment",
        "label": "Quota attainment this fiscal quarter, credited",
        "type": "number",
        "fieldType": "number",
        "groupName": "companyinformation",
    }
    requests.post(f"{sandbox.url}/crm/v3/properties/companies", json=made, headers=headers, timeout=10)
    body = {"properties": {"attainment": "0.875", "description": "a" * 300}}
    requests.patch(f"{sandbox.url}/crm/v3/objects/companies/7001", json=body, headers=headers, timeout=10)


@pytest.fixture(params=WIDTHS)
def page(request: pytest.FixtureRequest, browser: Any, sandbox: Sandbox) -> Iterator[Any]:
    """The company's record, opened at one width."""
    context = browser.new_context(
        viewport={"width": WIDTHS[request.param], "height": 1200}, ignore_https_errors=True, color_scheme="light"
    )
    opened = context.new_page()
    opened.problems = []
    opened.on("console", lambda message: opened.problems.append(message.text))
    opened.goto(sandbox.url + company(sandbox))
    yield opened
    context.close()


def test_nothing_is_wider_than_the_window(page: Any) -> None:
    width, inner = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert width <= inner


def test_every_field_stands_inside_its_section(page: Any) -> None:
    outside = page.evaluate(
        """() => [...document.querySelectorAll("dd, dt, h1, h2, td")].filter((each) => {
          const box = each.getBoundingClientRect(), frame = each.closest("section, header").getBoundingClientRect();
          return !each.closest(".scroll") && (box.right > frame.right + 1 || box.left < frame.left - 1);
        }).map((each) => each.textContent)"""
    )
    assert outside == []


def test_the_figures_are_in_sight(page: Any) -> None:
    assert page.get_by_text("1,234,567").is_visible()


def test_the_browser_finds_nothing_to_complain_of(page: Any) -> None:
    assert page.problems == []


def test_a_link_leads_to_the_record_it_names(page: Any) -> None:
    page.get_by_role("link", name="Deal 60", exact=True).first.click()
    assert page.locator("h1").inner_text() == "Deal 60"


def test_the_page_looks_as_it_did(
    page: Any, sandbox: Sandbox, request: pytest.FixtureRequest, pytestconfig: pytest.Config
) -> None:
    from PIL import Image, ImageChops, ImageStat

    width = request.node.callspec.params["page"]
    taken = Image.open(io.BytesIO(page.screenshot())).convert("L").resize(SMALL, Image.Resampling.BOX)
    kept = PICTURES / f"{sandbox.crm}-{width}.png"
    if pytestconfig.getoption("--new-pictures"):
        kept.parent.mkdir(exist_ok=True)
        taken.save(kept)
    with Image.open(kept) as before:
        assert ImageStat.Stat(ImageChops.difference(taken, before)).mean[0] < MOST
