"""Whom rows count for: the owner now or then, the creator, each by their share, or nobody; and in which zone they live.

Columns that are worked out here have names with a space, which no path has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from config.metrics.kinds import SPLITS, THEN
from config.model import OBJECTS, FieldType
from config.sources import find_field
from salesops.conditions import day_or_moment, filled
from salesops.exact import AMOUNT, amount
from salesops.history import values_then
from salesops.local_days import is_zone
from salesops.reads import is_dated, is_instant, opportunity_path, owner_path, prefix_of
from salesops.rules import RuleError
from salesops.working_time import calendar_of_team

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from salesops.basis import Basis
    from salesops.reads import Look

OWNER, ZONE, CALENDAR = "the owner", "the zone", "the calendar"
SHARE_FROM, SHARE_TO = "share_from", "share_to"

REVENUE_SPLITS = "revenue_splits"
"""The meaning that lists the types of splits that share an opportunity's revenue."""

_USERS = pa.schema([pa.field(name, pa.string()) for name in ("id", "team", "time_zone")])
_ZONED_COLUMNS: dict[str, pa.DataType] = {"known": pa.string(), ZONE: pa.int32()}
_ZONED = pa.schema(_ZONED_COLUMNS)


def with_owner(basis: Basis, rows: ir.Table, look: Look, zones: tuple[str, ...]) -> ir.Table:
    """The rows, once for each user that they count for, with OWNER, null for nobody and for no known user.

    `zones` are those of `zones_of`: ZONE is the place of the owner's among them, null for the project's. CALENDAR is
    the name of the owner's working calendar. Splits have the share of a number before (SHARE_FROM) and with (SHARE_TO).
    """
    path = owner_path(look.source, look.owner)
    if path is None:
        return rows.mutate(**{OWNER: ibis.null("string"), ZONE: ibis.null("int32"), CALENDAR: ibis.literal("")})
    if look.owner == SPLITS:
        rows, owner = _split(basis, rows, look, path)
    elif look.owner == THEN:
        rows, owner = _then(basis, rows, look, path)
    else:
        owner = path
    known = _known(basis, look.zone, zones)
    joined = rows.left_join(known, rows[owner] == known["known"])
    team = filled(joined["known team"], FieldType.TEXT)
    return joined.mutate(**{OWNER: joined["known"], CALENDAR: calendar_of_team(team, basis.rules.working_time)})


def zones_of(basis: Basis, zone: str) -> tuple[str, ...]:
    """The zones, besides the project's, that users live in (`user`) or whose teams do (`team`); none for `company`."""
    return tuple(sorted({name for _, name in _living(basis, zone) if name}))


def _living(basis: Basis, zone: str) -> list[tuple[str, str | None]]:
    """Each user's id with the zone that counts for them, None for the project's."""
    if zone == "company":
        return []
    of_team = basis.rules.team_zones
    found = []
    for user in basis.engine.read(basis.users.mutate(**_no_zone(basis)), _USERS).to_pylist():
        own = user["time_zone"] if zone == "user" and is_zone(user["time_zone"]) else None
        found.append((user["id"], own or of_team.get(user["team"] or "")))
    return found


def _no_zone(basis: Basis) -> dict[str, ir.Value]:
    return {} if "time_zone" in basis.users.columns else {"time_zone": ibis.null("string")}


def _known(basis: Basis, zone: str, zones: tuple[str, ...]) -> ir.Table:
    """Every user: `known` (the id), their team, and the place of their zone."""
    users = basis.users.select(**{"known": "id", "known team": "team"})
    if not zones:
        return users.mutate(**{ZONE: ibis.null("int32")})

    def load() -> ir.Table:
        rows = [{"known": id_, ZONE: zones.index(name) if name else None} for id_, name in _living(basis, zone)]
        return basis.engine.load(f"living {zone}", pa.Table.from_pylist(rows, schema=_ZONED))

    return users.join(basis.engine.once(f"zones {zone}", load), "known")


def _then(basis: Basis, rows: ir.Table, look: Look, path: str) -> tuple[ir.Table, str]:
    """The rows with who owned their record at their moment: changes at an instant, or up to a day's end, are done."""
    found = find_field(look.source, path)
    if found.source not in OBJECTS or found.field == "id":
        return rows, path
    held = values_then(basis, found.source, found.field)
    then = "owner then"
    if not is_dated(look):
        last = held.filter(held["until_at"] == held["until_at"].max().over(ibis.window(group_by="record_id")))
        last = last.select(**{"then of": "record_id", then: "value"})
        return rows.left_join(last, rows[f"{prefix_of(path)}id"] == last["then of"]), then
    if is_instant(look.source, look.time):
        since, until = held["from_at"], held["until_at"]
    else:
        since, until = basis.local_day(held["from_at"]), basis.local_day(held["until_at"])
    held = held.select(**{"then of": "record_id", then: "value", "then since": since, "then until": until})
    at = day_or_moment(rows, look.source, look.time)
    same = [
        rows[f"{prefix_of(path)}id"] == held["then of"],
        at >= held["then since"],
        at < held["then until"],
    ]
    return rows.left_join(held, same), then


def _split(basis: Basis, rows: ir.Table, look: Look, path: str) -> tuple[ir.Table, str]:
    """The rows once for each revenue split of their opportunity; whole for their owner where there is none."""
    opportunity = opportunity_path(look.source)
    if opportunity is None:
        raise RuleError(f"{look.source} leads to no opportunity, so nobody has a share of it by splits")
    splits = basis.engine.once("revenue splits", lambda: _shares(basis))
    joined = rows.left_join(splits, rows[opportunity] == splits["split of"])
    is_split = joined["split of"].notnull()
    return joined.mutate(
        **{
            "owner by split": ibis.ifelse(is_split, joined["split to"], joined[path]),
            SHARE_FROM: ibis.ifelse(is_split, joined[SHARE_FROM], amount(0)),
            SHARE_TO: ibis.ifelse(is_split, joined[SHARE_TO], amount(1)),
        }
    ), "owner by split"


def _shares(basis: Basis) -> ir.Table:
    """Each revenue split with the share of its opportunity that goes to those before it, and to those up to it."""
    splits = basis.source("opportunity_split")
    words = sorted({word.lower() for word in basis.rules.meanings.get(REVENUE_SPLITS, ())})
    if words:
        splits = splits.filter(splits["type"].lower().isin(words))
    in_order = ibis.cumulative_window(group_by="opportunity_id", order_by="id")
    percent = splits["percent"].fill_null(amount(0))
    upto = percent.sum().over(in_order).cast(AMOUNT)
    return splits.select(
        **{
            "split of": splits["opportunity_id"],
            "split to": splits["user_id"],
            SHARE_FROM: (upto - percent).cast(AMOUNT),
            SHARE_TO: upto,
        }
    )
