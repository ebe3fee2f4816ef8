"""Opportunity splits: the owner's own, their amounts, and the total that a type of split is validated to.

Sources: Object Reference, OpportunitySplit and OpportunitySplitType; the refusal of a wrong total as orgs word it
("Can't update splits: percentages don't add up to 100.00%."). It is the whole call that must add up, not one record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.figures.products import divide
from connectors.sandbox.salesforce.ids import make_id
from connectors.sandbox.salesforce.org.storage import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from connectors.sandbox.salesforce.records.writer import Writer

_WHOLE = 100_00  # 100 %, as a percentage of scale 2 is stored
_TOUCHED = "splits"
_COLUMNS = [
    "Id", "IsDeleted", "OpportunityId", "SplitOwnerId", "SplitTypeId", "SplitPercentage", "SplitAmount", "Split",
    "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp",
]  # fmt: skip


def before_split(writer: Writer, values: dict[str, Any], merged: dict[str, Any], old: Mapping[str, Any] | None) -> None:
    kind = _type(writer, merged.get("SplitTypeId"))
    values["SplitTypeId"] = merged["SplitTypeId"] = kind["Id"]
    percent = merged.get("SplitPercentage")
    most = _WHOLE if kind["IsTotalValidated"] else 10 * _WHOLE
    if percent is not None and not 0 <= percent <= most:
        message = f"Percent (%): value must lie between 0 and {most // 100}"
        raise RecordError("NUMBER_OUTSIDE_VALID_RANGE", message, ["SplitPercentage"])
    if old is None:
        _refuse_second(writer, merged)
        values["Split"] = _next_name(writer, merged["OpportunityId"]) if merged.get("OpportunityId") else None
    opportunity = writer.store.get(writer.everything.named("Opportunity"), str(merged.get("OpportunityId")))
    if opportunity and percent is not None:
        values["SplitAmount"] = _share(opportunity["Amount"], percent)


def _type(writer: Writer, type_id: Any) -> Mapping[str, Any]:
    """The type of that id; without one, the first that is validated to 100 % of the amount."""
    sql = "SELECT * FROM OpportunitySplitType WHERE Id = ? OR (? IS NULL AND IsTotalValidated) ORDER BY Id LIMIT 1"
    found = writer.connection.execute(sql, (type_id, type_id)).fetchone()
    if found is None or not found["IsActive"]:
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", "Split Type ID: the split type is not active", ["SplitTypeId"])
    return dict(found)


def _refuse_second(writer: Writer, merged: Mapping[str, Any]) -> None:
    sql = (
        "SELECT Id FROM OpportunitySplit WHERE OpportunityId = ? AND SplitOwnerId = ? AND SplitTypeId = ?"
        " AND IsDeleted = 0"
    )
    key = [merged.get(name) for name in ("OpportunityId", "SplitOwnerId", "SplitTypeId")]
    if twin := writer.connection.execute(sql, key).fetchone():
        message = f"duplicate value found: <unknown> duplicates value on record with id: {twin[0]}"
        raise RecordError("DUPLICATE_VALUE", message, [])


def _next_name(writer: Writer, opportunity_id: str) -> str:
    sql = "SELECT COUNT(*) FROM OpportunitySplit WHERE OpportunityId = ?"
    return f"OS-{writer.connection.execute(sql, (opportunity_id,)).fetchone()[0] + 1:06d}"


def _share(amount: int | None, percent: int) -> int | None:
    return None if amount is None else divide(amount * percent, _WHOLE)


def after_split(writer: Writer, row: Mapping[str, Any], old: Mapping[str, Any] | None) -> None:
    _touch(writer, row, old)
    if old is None:
        _join_team(writer, row)


def before_delete_split(writer: Writer, old: Mapping[str, Any]) -> None:
    _touch(writer, old, old)


def _touch(writer: Writer, row: Mapping[str, Any], old: Mapping[str, Any] | None) -> None:
    """Remember a split that this call writes, and the first form it had."""
    writer.rule_cache.setdefault(_TOUCHED, {}).setdefault(str(row["Id"]), (dict(row), dict(old) if old else None))


def _join_team(writer: Writer, row: Mapping[str, Any]) -> None:
    """A split credits a member of the opportunity's team: whoever is none becomes one."""
    owner = "SELECT OwnerId FROM Opportunity WHERE Id = ?"
    (owner_id,) = writer.connection.execute(owner, (row["OpportunityId"],)).fetchone()
    sql = "SELECT 1 FROM OpportunityTeamMember WHERE OpportunityId = ? AND UserId = ? AND IsDeleted = 0"
    member = (row["OpportunityId"], row["SplitOwnerId"])
    if owner_id == row["SplitOwnerId"] or writer.connection.execute(sql, member).fetchone():
        return
    writer.create(writer.everything.named("OpportunityTeamMember"), {"OpportunityId": member[0], "UserId": member[1]})


def settle(writer: Writer) -> dict[str, RecordError]:
    """The splits whose opportunity does not add up after the call, each put back as it was."""
    refused: dict[str, RecordError] = {}
    touched: dict[str, Any] = writer.rule_cache.pop(_TOUCHED, {})
    message = "Can't update splits: percentages don't add up to 100.00%."
    sql = (
        "SELECT COALESCE(SUM(s.SplitPercentage), 0) FROM OpportunitySplit s"
        " WHERE s.OpportunityId = ? AND s.SplitTypeId = ? AND s.IsDeleted = 0"
    )
    kinds = {row[0] for row in writer.connection.execute("SELECT Id FROM OpportunitySplitType WHERE IsTotalValidated")}
    living = "SELECT 1 FROM Opportunity WHERE Id = ? AND IsDeleted = 0"
    for split_id, (row, _) in touched.items():
        group = (row["OpportunityId"], row["SplitTypeId"])
        if group[1] not in kinds or not writer.connection.execute(living, group[:1]).fetchone():
            continue
        if writer.connection.execute(sql, group).fetchone()[0] != _WHOLE:
            refused[split_id] = RecordError("FIELD_INTEGRITY_EXCEPTION", message, [])
    for split_id in refused:
        _put_back(writer, split_id, touched[split_id][1])
    return refused


def _put_back(writer: Writer, split_id: str, old: Mapping[str, Any] | None) -> None:
    if old is None:
        writer.connection.execute("DELETE FROM OpportunitySplit WHERE Id = ?", (split_id,))
        return
    sets = ", ".join(f"{quote(name)} = ?" for name in old)
    writer.connection.execute(f"UPDATE OpportunitySplit SET {sets} WHERE Id = ?", [*old.values(), split_id])


def after_opportunity(writer: Writer, row: Mapping[str, Any], old: Mapping[str, Any] | None) -> None:
    """Give the owner of a new opportunity the whole of each validated split; keep amounts with the opportunity's."""
    if old is None:
        give_owners(writer, [row])
    elif row["Amount"] != old["Amount"]:
        sql = "SELECT Id, SplitPercentage FROM OpportunitySplit WHERE OpportunityId = ? AND IsDeleted = 0"
        found = writer.connection.execute(sql, (row["Id"],)).fetchall()
        shares = [(_share(row["Amount"], split["SplitPercentage"]), split["Id"]) for split in found]
        # A derived figure: it moves no stamp ("we don't store this in database": Help, Opportunity Splits - Known
        # limitations).
        writer.connection.executemany("UPDATE OpportunitySplit SET SplitAmount = ? WHERE Id = ?", shares)


def give_owners(writer: Writer, opportunities: Iterable[Mapping[str, Any]]) -> None:
    """The whole of each active, validated split to the owner of each opportunity."""
    target = writer.everything.named("OpportunitySplit")
    sql = "SELECT Id FROM OpportunitySplitType WHERE IsActive AND IsTotalValidated"
    kinds = [row[0] for row in writer.connection.execute(sql)]
    pairs = [(row, kind) for row in opportunities for kind in kinds]
    if not pairs:
        return
    first = writer.store.reserve(writer.connection, target.prefix, len(pairs))
    rows = [
        [make_id(target.prefix, number), 0, row["Id"], row["OwnerId"], kind, _WHOLE, row["Amount"], "OS-000001",
         row["SystemModstamp"], writer.user_id, row["SystemModstamp"], writer.user_id, row["SystemModstamp"]]
        for number, (row, kind) in enumerate(pairs, first)
    ]  # fmt: skip
    writer.store.insert(writer.connection, target, _COLUMNS, rows)


def before_member(
    writer: Writer, values: dict[str, Any], merged: dict[str, Any], old: Mapping[str, Any] | None
) -> None:
    """A team member shows the user's name and title, and is on the team once."""
    user = writer.store.get(writer.everything.named("User"), str(merged.get("UserId")))
    if user:
        values |= {"Name": user["Name"], "Title": user["Title"]}
    sql = "SELECT Id FROM OpportunityTeamMember WHERE OpportunityId = ? AND UserId = ? AND IsDeleted = 0"
    twin = writer.connection.execute(sql, (merged.get("OpportunityId"), merged.get("UserId"))).fetchone()
    if old is None and twin:
        message = f"duplicate value found: <unknown> duplicates value on record with id: {twin[0]}"
        raise RecordError("DUPLICATE_VALUE", message, [])


BEFORE = {"OpportunitySplit": before_split, "OpportunityTeamMember": before_member}
AFTER = {"OpportunitySplit": after_split, "Opportunity": after_opportunity}
BEFORE_DELETE = {"OpportunitySplit": before_delete_split}
