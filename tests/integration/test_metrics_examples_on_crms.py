"""The worked examples of the catalog with their facts in a CRM: loaded, pulled by the real connector, and computed."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from integration_harness import CRMS
from metric_export import write_folder
from metric_exports import EXPORTS, MAPPING, stage_name
from metric_worlds import covered, differences, numbers, worlds

from config.catalog_files import read_catalog
from config.loader import load_project
from connectors.sandbox.behaviour import CALM
from connectors.sandbox.dialect import Settings
from connectors.sandbox.run import open_sandbox
from salesops.compute import compute
from salesops.rules import needed_columns
from sync.connections import connect
from sync.pull import describe, pull
from sync.store.facts import read_facts
from sync.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from integration_harness import Crm
    from metric_export_hubspot import HubSpot
    from metric_export_salesforce import Salesforce
    from metric_worlds import Place, World

SIGN_IN = {
    "salesforce": "{kind: client_credentials, client_id: file:id.txt, client_secret: file:secret.txt}",
    "hubspot": "{kind: access_token, token: file:secret.txt}",
}
"""How a project signs in whose secrets are in files beside it."""


@pytest.mark.parametrize("crm", CRMS)
@pytest.mark.parametrize("world", worlds(), ids=str)
def test_a_crm_yields_what_was_reckoned_by_hand(crm: Crm, world: World, tmp_path: Path) -> None:
    export = EXPORTS[crm](world)
    with closing(Store(tmp_path / "store.db")) as store:
        pull_world(crm, export, tmp_path, store)
        facts = read_facts(store, "crm", needed_columns(world.rules(), world.as_of))
    found = numbers(compute(facts, world.rules(), world.as_of))
    expected = {crms_place(crm, export, place): value for place, value in world.held_by(crm).items()}
    assert differences(expected, found) == []


@pytest.mark.parametrize("crm", CRMS)
def test_every_metric_of_the_catalog_is_expected_of_each_crm(crm: str) -> None:
    expected = {place[0] for world in worlds() for place in world.held_by(crm)}
    assert expected == covered(worlds()) == read_catalog().model.metrics.keys()


def pull_world(crm: Crm, export: Salesforce | HubSpot, folder: Path, store: Store) -> None:
    """Fill a sandbox with the world's records, and the store with what a pull reads of them."""
    settings = Settings(behaviour=CALM)
    data = write_folder(folder / "export", export.tables())
    with open_sandbox(crm, data=data, settings=settings) as sandbox:
        root = folder / "project"
        root.mkdir()
        secret = settings.client_secret if crm == "salesforce" else settings.access_token
        (root / "secret.txt").write_text(secret, encoding="utf-8")
        (root / "id.txt").write_text(settings.client_id, encoding="utf-8")
        (root / "mapping.yaml").write_text(mapping_of(crm, export.world), encoding="utf-8")
        project_settings = settings_of(crm, export.world, sandbox.url, sandbox.ca_file)
        (root / "salesops.yaml").write_text(project_settings, encoding="utf-8")
        project = load_project(root)
        with closing(connect(project, "crm")) as connector:
            describe(project, store, "crm", connector)
            unfit = {each.stream: each.problems for each in pull(store, "crm", connector) if each.problems}
    assert unfit == {}


def mapping_of(crm: str, world: World) -> str:
    fields = (f"  {name}: {{fields: {{{field}}}}}\n" for name, field in MAPPING[crm].items() if world.objects.get(name))
    return "crm:\n" + "".join(fields)


def settings_of(crm: str, world: World, url: str, ca_file: Path | None) -> str:
    trusted = f"    ca_file: {ca_file}\n" if ca_file else ""
    return (
        f"name: Test\ntime_zone: {world.settings['time_zone']}\ncurrency: USD\nconnections:\n  crm:\n"
        f"    crm: {crm}\n    url: {url}\n{trusted}    sign_in: {SIGN_IN[crm]}\n"
    )


def crms_place(crm: str, export: Salesforce | HubSpot, place: Place) -> Place:
    """A place as it is in the CRM: users have its ids, stages its names."""
    metric, grain, key, period = place
    if grain in {"user", "manager"}:
        key = export.ids["user", key]
    return metric, grain, stage_name(crm, key) if grain == "stage" else key, period
