"""One project with a Salesforce org and a HubSpot account: each is pulled for itself, and a person in both is one."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from integration_company import ANN, BO, CY, MIA, PEOPLE, write_company
from integration_harness import CRMS, query, salesops, serve_crm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from integration_harness import Crm, Result, Server

SETTINGS = """\
name: Two
time_zone: UTC
currency: USD
connections:
  sales:
    crm: salesforce
    url: "{salesforce.url}"
    ca_file: "{salesforce.ca_file}"
    sign_in:
      kind: client_credentials
      client_id: env:SALESOPS_CLIENT_ID
      client_secret: env:SALESOPS_CLIENT_SECRET
  marketing:
    crm: hubspot
    url: "{hubspot.url}"
    sign_in: {{kind: access_token, token: env:SALESOPS_HUBSPOT_TOKEN}}
"""


@dataclass(frozen=True, slots=True)
class Shop:
    """A project that reaches both CRMs."""

    folder: Path

    def say(self, *arguments: object, **options: Any) -> Result:
        return salesops("--project", self.folder, *arguments, **options)

    def people(self) -> dict[str, dict[str, str]]:
        """By e-mail: the user of each connection that a person is."""
        listed = self.say("people", "--json").json()["people"]
        return {each["email"]: {user["connection"]: user["id"] for user in each["users"]} for each in listed}

    def set(self, text: str) -> None:
        path = self.folder / "salesops.yaml"
        path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Crm, Server]]:
    with ExitStack() as opened:
        folders = {crm: tmp_path_factory.mktemp(crm) for crm in CRMS}
        yield {
            crm: opened.enter_context(serve_crm(crm, write_company(crm, folder / "export"), folder / "crm"))
            for crm, folder in folders.items()
        }


@pytest.fixture
def shop(servers: dict[Crm, Server], tmp_path: Path) -> Shop:
    (tmp_path / "salesops.yaml").write_text(SETTINGS.format(**servers), encoding="utf-8")
    return Shop(tmp_path)


def test_a_person_who_is_in_both_is_one_and_each_crms_records_stay_apart(shop: Shop) -> None:
    ended = shop.say("pull", "--json")
    assert ended.code == 0, ended.err
    assert list(ended.json()) == ["sales", "marketing"]
    people = shop.people()
    assert set(people) == set(PEOPLE)
    for email in (MIA, ANN, BO, CY):
        assert set(people[email]) == {"sales", "marketing"}, email
    store = shop.folder / ".salesops" / "store.db"
    kept = query(store, "SELECT count(*), count(DISTINCT person) FROM person")
    assert kept == [(2 * len(PEOPLE), len(PEOPLE))]
    held = query(store, "SELECT connection, count(*) FROM opportunity WHERE deleted = 0 GROUP BY connection")
    assert held == [("marketing", 7), ("sales", 7)]
    shown = shop.say("people").out
    assert re.search(rf"Ann Ames +{re.escape(ANN)} +{people[ANN]['sales']} +{people[ANN]['marketing']}", shown)
    assert f"{len(PEOPLE)} people, {len(PEOPLE)} of them in several connections." in shown


def test_the_settings_may_say_who_is_who_otherwise(shop: Shop) -> None:
    shop.set(f'people:\n  match: none\n  same:\n    - {{sales: "{ANN}", marketing: "{BO}"}}\n')
    assert shop.say("pull").code == 0
    listed = shop.say("people", "--json").json()["people"]
    both = [each["users"] for each in listed if len(each["users"]) > 1]
    assert [[user["email"] for user in users] for users in both] == [[BO, ANN]]


def test_one_that_refuses_us_ends_the_pull_with_its_code_after_the_other_is_pulled(shop: Shop) -> None:
    for refused, other, secret in (
        ("sales", "marketing", "SALESOPS_CLIENT_SECRET"),
        ("marketing", "sales", "SALESOPS_HUBSPOT_TOKEN"),
    ):
        ended = shop.say("pull", "--json", env={secret: "wrong"})
        assert ended.code == 4
        assert set(ended.json()) == {refused, other}
        assert ended.json()[refused]["exit_code"] == 4
        assert "error" not in ended.json()[other]
        assert f"warning: {refused} was not pulled to its end (exit code 4)" in ended.err
    state = shop.say("status", "--json").json()["connections"]
    assert (state["sales"]["healthy"], state["marketing"]["healthy"]) == (True, False)
    assert state["marketing"]["objects"]["opportunity"]["rows"] == 7, "as the first of the two pulls left it"


def test_the_status_and_the_pull_of_both_fit_a_terminal(shop: Shop) -> None:
    for command in ("pull", "status", "people"):
        shown = shop.say(command, env={"COLUMNS": "80"})
        assert shown.code == 0, shown.err
        tables = [line for line in shown.out.splitlines() if line.startswith(" ")]
        assert max(map(len, map(str.rstrip, tables))) <= 80, shown.out
