"""A mistake in mapping.yaml, pulled and mended, leaves the store as if it had never been made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from test_pull_lives import live

if TYPE_CHECKING:
    from pulled_world import World

NET = {"name": "net", "label": "Net", "type": "number", "fieldType": "number", "groupName": "dealinformation"}


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
