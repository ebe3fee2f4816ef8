"""One project with a Salesforce org and a HubSpot account, in which the same people are paid on both: each has a ledger
and closed pay periods of its own, and is shown its own figures."""

from __future__ import annotations

import csv
from contextlib import ExitStack, closing
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from integration_company import ANN, AS_OF, BO, MIA, write_company
from integration_harness import CRMS, Bare, Office, new_office, serve_crm
from integration_pay import CAL, Site
from test_pay_in_crm import Q3, Q4, write_pay

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from integration_harness import Crm

OF_CONNECTION = {"pay", "statement", "run"}
"""Commands that are given the connection."""


@dataclass(frozen=True, slots=True)
class Branch(Site):
    """One of the project's connections, which has the name of its CRM."""

    def done(self, *arguments: object) -> Any:
        of = ("--connection", self.crm) if arguments[0] in OF_CONNECTION else ()
        return Site.done(self, *arguments, *of)


def put_together(folders: dict[Crm, Path]) -> None:
    """Make the first project one of all: each connection is named as its CRM, in the files that name connections; and
    let payroll name its rows."""
    for file, *sections in (
        ("salesops.yaml", "connections"),
        ("mapping.yaml",),
        ("writeback.yaml", "writeback", "records"),
    ):
        read = {crm: _read(folder / file) for crm, folder in folders.items()}
        whole = read[CRMS[0]]
        for section in sections:
            whole[section] = {crm: said[section]["crm"] for crm, said in read.items()}
        if "pay" in whole:
            whole["pay"]["export"] = {"columns": {"Amount": "amount", "Reference": "reference"}}
        if not sections:
            whole = {crm: said["crm"] for crm, said in read.items() if "crm" in said}
        (folders[CRMS[0]] / file).write_text(yaml.safe_dump(whole, sort_keys=False), "utf-8")


def _read(file: Path) -> dict[str, Any]:
    """What a file says, each value as the text that is written."""
    return yaml.load(file.read_text("utf-8"), yaml.BaseLoader) or {}  # noqa: S506  makes nothing but text


@pytest.fixture
def branches(tmp_path: Path) -> Iterator[dict[Crm, Branch]]:
    """Two companies in one project: their settings, mappings and fields are put together."""
    with ExitStack() as opened:
        offices: dict[Crm, Office] = {}
        bares: dict[Crm, Bare] = {}
        for crm in CRMS:
            home = tmp_path / crm
            server = opened.enter_context(serve_crm(crm, write_company(crm, home / "export"), home / "crm"))
            bares[crm] = opened.enter_context(closing(Bare(crm, server.url, server.ca_file)))
            offices[crm] = new_office(server, home / "project", AS_OF)
            write_pay(crm, offices[crm].folder)
        put_together({crm: office.folder for crm, office in offices.items()})
        made = {crm: Branch(crm, bares[crm], offices[CRMS[0]]) for crm in CRMS}
        site = made[CRMS[0]]
        site.done("check")
        site.done("provision", "--yes")
        yield made


def test_two_connections_are_paid_each_for_itself(branches: dict[Crm, Branch], tmp_path: Path) -> None:
    for branch in branches.values():
        branch.run()
        branch.close(Q3)
        branch.run()
        assert branch.on_users("Paid") == {MIA: 500, ANN: 10_000, BO: 10_000}
    third = {crm: branch.on_records(Q3) for crm, branch in branches.items()}
    said = {crm: branch.done("statement", "--all", "--period", Q3) for crm, branch in branches.items()}

    # A deal of the third quarter turns out to be smaller, in one of the two.
    changed, other = branches["salesforce"], branches["hubspot"]
    changed.bare.put("opportunity", "Globe early", Amount="40000.10")
    for branch in branches.values():
        branch.run()
        branch.close(Q4)
        branch.run()
    for crm, branch in branches.items():
        assert branch.on_records(Q3) == third[crm]
        assert branch.done("statement", "--all", "--period", Q3) == said[crm]
        for period in (Q3, Q4):
            branch.adds_up(period)
        assert branch.run()["plan"]["changes"] == 0
        assert branch.done("pay", "replay", "--all", "--json")["same"] is True
    assert {sums["adjusted"] for sums in changed.on_records(Q4).values()} == {
        Decimal("-799.99"),
        Decimal(-100),
        Decimal(0),
    }
    assert {sums["adjusted"] for sums in other.on_records(Q4).values()} == {Decimal(0)}

    rows = []
    for crm, branch in branches.items():
        file = tmp_path / f"{crm}.csv"
        branch.done("pay", "export", Q4, "-o", file, "--by", CAL)
        found = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
        paid = sum(sums.get("paid", Decimal(0)) for sums in branch.on_records(Q4).values())
        assert sum(Decimal(row["Amount"]) for row in found) == paid
        rows += found
    assert len({row["Reference"] for row in rows}) == len(rows)
