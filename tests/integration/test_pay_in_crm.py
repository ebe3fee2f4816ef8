"""Two pay periods are closed, with a late change in between: statements, the ledger and the CRM say the same, to the
cent."""

from __future__ import annotations

import re
from contextlib import ExitStack, closing
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from integration_company import ANN, AS_OF, BO, MIA, YEAR, write_company
from integration_harness import CRMS, Bare, figure, new_office, serve_crm
from integration_pay import APP, CAL, Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from integration_harness import Crm

Q3, Q4 = f"FY{YEAR}-Q3", f"FY{YEAR}-Q4"

PAYMENT = """\
    payment:    # so that something is held, and something owed
      release: [{share: 0.9, on: earned}, {share: 0.1, after: {months: 2}}]
      steps:
        advance: {kind: draw, amount: 10000, recover: {at_most: 0.5}}
"""

PLACE = """\
    - object: user
      field: {field}
      label: Place this quarter
      value: {{kind: measure, measure: place, show: value, period: this_quarter}}
"""


@pytest.fixture(params=CRMS)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    crm: Crm = request.param
    with ExitStack() as opened:
        server = opened.enter_context(serve_crm(crm, write_company(crm, tmp_path / "export"), tmp_path / "crm"))
        bare = opened.enter_context(closing(Bare(crm, server.url, server.ca_file)))
        office = new_office(server, tmp_path / "project", AS_OF)
        write_pay(crm, office.folder)
        made = Site(crm, bare, office)
        made.done("check")
        made.done("provision", "--yes")
        yield made


def write_pay(crm: Crm, folder: Path) -> None:
    """What the template has as comments about pay is active, from the third quarter on; a place is shown besides."""

    def change(file: str, *changes: tuple[str, str]) -> None:
        text = (folder / file).read_text(encoding="utf-8")
        for pattern, instead in changes:
            text, count = re.subn(f"(?m){pattern}", instead, text)
            assert count, f"{file}: {pattern}"
        (folder / file).write_text(text, encoding="utf-8")

    change(
        "salesops.yaml",
        ("^# pay:", "pay:"),
        (r"^#   first_period: .*$", f"  first_period: {{quarter: {Q3}}}"),
        (r"^#   people: .*$", f"  people: [{CAL}, {APP}]"),
    )
    change(
        "writeback.yaml",
        ("^  crm:  .*\n", f"  crm:\n{PLACE.format(field=figure(crm, 'Place'))}"),
        (r"^    # (- object: user|  (?:field|label|value): )", r"    \1"),
        (r"^        # (- \{field: .*kind: pay,)", r"        \1"),
    )
    change(
        "comp_plans/sales.yaml",
        ("^    rounding:", PAYMENT + "    rounding:"),
        ("^        target: bookings$", "        target: bookings\n      place: {rank: sold}"),
    )


def test_statements_the_ledger_and_the_crm_say_the_same(site: Site, tmp_path: Path) -> None:
    site.run()
    assert site.on_users("Place") == {ANN: 1, BO: 2}
    assert (site.on_users("Paid"), site.on_records(Q3), site.states(Q3)) == ({}, {}, {"open"})

    site.close(Q3)
    report = site.run()
    assert report["plan"]["changes"] == report["outcomes"]["written"] > 0
    third = site.on_records(Q3)
    assert site.on_users("Paid") == {MIA: 500, ANN: 10_000, BO: 10_000}
    assert site.states(Q3) == {"closed"}

    # A deal of the third quarter turns out to be smaller, and one of the fourth is moved while its pay is looked at.
    deal = "Globe early"
    field = "Amount" if site.crm == "salesforce" else "amount"
    site.bare.put("opportunity", deal, **{field: "40000.10"})
    site.done("pull")
    site.done("pay", "calculate", Q4, "--by", CAL)
    site.run()
    assert (site.states(Q4), site.on_records(Q4)) == ({"calculated"}, {})
    plan = tmp_path / "plan.json"
    site.done("pay", "reopen", Q4, "--reason", "to be looked at again", "--by", CAL)
    site.done("plan", "-o", plan)
    site.close(Q4)
    stale = site.office.call("apply", plan)
    assert (stale.code, "a pay period moved on" in stale.err) == (3, True), stale.out + stale.err
    assert site.on_records(Q3) == third

    site.run()
    assert site.on_records(Q3) == third
    assert (site.states(Q3), site.states(Q4)) == ({"closed"}, {"closed"})
    for period in (Q3, Q4):
        site.adds_up(period)
    adjusted = {sums["adjusted"] for sums in site.on_records(Q4).values()}
    assert adjusted == {Decimal("-799.99"), Decimal(-100), Decimal(0)}  # 8 % and 1 % of 9,999.90 less
    assert site.run()["plan"]["changes"] == 0
