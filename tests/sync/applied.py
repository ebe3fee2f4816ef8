"""What the tests of apply share: changes, plans, a store that knows the fields, and how lines ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from synced import number, save_fields, save_rows, text
from writable import ACCOUNT, PLACED, STATEMENT

from sync.apply import apply_plan
from sync.plan import Action, Change, Plan
from sync.store.runs import recorded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from writable import Writable

    from connectors.base import Connector
    from connectors.writing import Target
    from sync.apply import Line
    from sync.store.store import Store


def fill(store: Store, ids: Iterable[str] = "0123456789") -> Store:
    """A store that holds accounts whose fields are empty, and knows the fields of every target."""
    save_fields(store, account=[text("territory"), number("won")], **{STATEMENT.object: [text("note"), number("paid")]})
    empty = {"territory": None, "won": None}
    save_rows(store, "account", *({"id": key} for key in ids), custom=dict.fromkeys(ids, empty))
    return store


def change(
    name: str,
    before: str | None = None,
    after: str | None = "North",
    *,
    field: str = "territory",
    target: Target = ACCOUNT,
    action: Action = Action.UPDATE,
    basis: str = "",
    source: str = "",
) -> Change:
    place = (target.object, target.key, name, f"Record {name}", field)
    return Change(*place, action, before, after, "why", source, basis)


def created(name: str, **values: str | None) -> list[Change]:
    """The lines that make a statement."""
    return [
        change(name, None, value, field=field, target=STATEMENT, action=Action.CREATE)
        for field, value in values.items()
    ]


def placed(name: str, action: Action = Action.CREATE) -> Change:
    """The line that puts an account into a territory, or takes it out."""
    return change(name, None, None, field="", target=PLACED, action=action)


def plan_of(*changes: Change, undoes: int | None = None, rules: str = "") -> Plan:
    return Plan("crm", "", "", rules, undoes, tuple(sorted(changes, key=lambda each: each.place)), (), (), 0, 0)


def connector(crm: Writable) -> Connector:
    return cast("Connector", crm)


def apply(store: Store, crm: Writable, plan: Plan, **more: Any) -> list[Line]:
    """The lines of a plan that is applied as a run of its own."""
    with recorded(store, "apply", "crm") as running:
        if plan.undoes is not None:
            running.note(undoes=plan.undoes)
        return list(apply_plan(store, connector(crm), plan, running.id, **{"refuse_moved": False, **more}))


def told(lines: Sequence[Line]) -> dict[str, str]:
    """How the lines ended, by record, and field where there are several."""
    several = len({line.change.name for line in lines}) < len(lines)
    return {
        f"{line.change.name}.{line.change.field}" if several else line.change.name: line.result.value for line in lines
    }


def kept(store: Store) -> dict[str, str]:
    """The outcomes in the store, by record; of all runs, the last."""
    return {row["name"]: row["outcome"] for row in store.rows("SELECT name, outcome FROM change ORDER BY run_id")}


def last_run(store: Store) -> int:
    return int(store.rows("SELECT max(id) FROM run")[0][0])


def remembered(store: Store) -> dict[tuple[str, str, str], str | None]:
    """What we wrote last, by place."""
    return {(row["object"], row["name"], row["field"]): row["value"] for row in store.rows("SELECT * FROM written")}
