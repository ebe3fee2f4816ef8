"""A mistake in mapping.yaml, pulled and mended, leaves the store as if it had never been made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from test_pull_lives import live

if TYPE_CHECKING:
    from pulled_world import World

NET = {"name": "net", "label": "Net", "type": "number", "fieldType": "number", "groupName": "dealinformation"}
SECTOR = {
    "name": "sector",
    "label": "Sector",
    "type": "string",
    "fieldType": "text",
    "groupName": "companyinformation",
}
OBSERVED = "SELECT record_id, field, before, after FROM observed_change ORDER BY id"


def test_what_is_mapped_later_was_so_all_along(hubspot: World) -> None:
    """The CRM changed nothing then: our own history of the field begins with the next change."""
    hubspot.send("POST", "/crm/v3/properties/companies", SECTOR)
    held = hubspot.account("Mapped")
    hubspot.edit("account", held, industry="BANKING", sector="Banks")
    hubspot.forward(minutes=1)
    hubspot.pull()
    (hubspot.project / "mapping.yaml").write_text(
        "crm:\n  account:\n    fields: {industry: sector}\n", encoding="utf-8"
    )
    before = hubspot.select(OBSERVED)
    hubspot.pull()
    assert hubspot.row("account", held, "industry") == "Banks"
    assert hubspot.select(OBSERVED) == before
    hubspot.forward(minutes=1)
    hubspot.edit("account", held, sector="Insurers")
    hubspot.forward(minutes=1)
    hubspot.pull()
    assert hubspot.select(OBSERVED) == [*before, (held, "industry", "Banks", "Insurers")]


def test_the_history_of_a_mistaken_amount_ends_with_the_mapping(hubspot: World) -> None:
    hubspot.send("POST", "/crm/v3/properties/deals", NET)
    deal = hubspot.deal("Mapped")
    for amount in ("1", "2", "3"):
        hubspot.forward(minutes=1)
        hubspot.edit("opportunity", deal, net=f"{amount}00", amount=amount)
        hubspot.forward(minutes=1)
        hubspot.edit("opportunity", deal, net=f"{amount}50")
    hubspot.pull()
    mapping = hubspot.project / "mapping.yaml"
    mapping.write_text("crm:\n  opportunity:\n    fields: {amount: net}\n", encoding="utf-8")
    hubspot.pull()
    assert "150" in [row[0] for row in hubspot.select("SELECT amount FROM opportunity_history")]
    mapping.unlink()
    hubspot.pull()
    kept, changes = live(hubspot), "SELECT id, before, after FROM field_history WHERE deleted = 0 ORDER BY id"
    kept_changes = hubspot.select(changes)
    hubspot.new_project()
    hubspot.pull()
    assert kept_changes == hubspot.select(changes)
    assert kept == live(hubspot)
