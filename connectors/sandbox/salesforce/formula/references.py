"""From a name in a formula to the field behind it: own fields, parents' fields, and the user's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.formula.errors import FormulaError
from connectors.sandbox.salesforce.formula.typed import Hop, Reference

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.schema.catalog import Catalog
    from connectors.sandbox.salesforce.schema.spec import SObject

_MOST_HOPS = 10  # Salesforce Help, "Formula Field Limits": a formula spans up to ten relationships
# Global variables: the record they begin at, and the reference on it that they stand for.
_GLOBALS = {
    "$user": ("user", "User", ""),
    "$profile": ("user", "User", "ProfileId"),
    "$userrole": ("user", "User", "UserRoleId"),
    "$organization": ("organization", "Organization", ""),
}


def resolve(text: str, target: SObject, catalog: Catalog) -> Reference:
    """The field that a formula on `target` calls `text`; FormulaError where there is none."""
    parts = text.split(".")
    hops: list[Hop] = []
    source, owner = "record", target
    if parts[0].startswith("$"):
        source, owner, hops = _global(text, parts[0], catalog)
        parts = parts[1:]
    for part in parts[:-1]:
        hop = _hop(part, owner, catalog)
        if hop is None or len(hops) >= _MOST_HOPS:
            raise _unknown(text)
        hops.append(hop)
        owner = hop.target
    field = owner.find(parts[-1]) if parts else None
    if field is None:
        raise _unknown(text)
    return Reference(source, owner, field, tuple(hops))


def _global(text: str, name: str, catalog: Catalog) -> tuple[str, SObject, list[Hop]]:
    if name.lower() not in _GLOBALS or "." not in text:
        raise _unknown(text)
    source, start, step = _GLOBALS[name.lower()]
    owner = catalog.named(start)
    reference = owner.find(step) if step else None
    if reference is None:
        return source, owner, []
    hop = Hop(reference, catalog.targets(reference)[0])
    return source, hop.target, [hop]


def _hop(part: str, owner: SObject, catalog: Catalog) -> Hop | None:
    """One relationship. `Owner:User` says which of several objects is meant."""
    name, _, wanted = part.partition(":")
    reference = owner.parent(name)
    targets = catalog.targets(reference) if reference else []
    if wanted:
        found = [target for target in targets if target.name.lower() == wanted.lower()]
        if reference and targets and not found:
            raise FormulaError(f"{wanted} is an invalid object type for the {name} field. Check spelling.")
        targets = found
    return Hop(reference, targets[0]) if reference and len(targets) == 1 else None


def _unknown(text: str) -> FormulaError:
    return FormulaError(f"Field {text} does not exist. Check spelling.")
