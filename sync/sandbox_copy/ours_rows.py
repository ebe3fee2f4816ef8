"""Records of ours as rows of the objects that a pull reads them as: what stands on them now goes before the store."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from config.scalars import instant_text
from connectors.writing import FORECASTING_QUOTA, OWNER, TASK, TERRITORY_ACCOUNT
from sync.plan.associations import BY_HAND

if TYPE_CHECKING:
    from datetime import time

    from sync.sandbox_copy.pulled import Pulled, Row


def put_tasks(pulled: Pulled, prefix: str, subject: str, due: time) -> None:
    """Let the activities be with our tasks as they stand. Their ids begin with `prefix`; `subject` is the CRM's field
    of it, and `due` the time of the day that a task without one has."""
    changes = _gone(pulled, TASK, prefix)
    new: dict[str, Row] = {}
    for target, found in pulled.ours.standing.items():
        for name, standing in found.items() if target.object == TASK else ():
            day = standing.values.get("due_on")
            at = datetime.combine(date.fromisoformat(day), due, pulled.zone) if day else None
            record = prefix + standing.record_id
            changes[record] = {"custom": {target.key: name, subject: standing.values.get("subject")}}
            owner = standing.values.get(OWNER)
            new[record] = {"kind": "task", "owner_id": owner, "done": 0, "at": instant_text(at) if at else None}
    pulled.change("activity", changes, new)


def put_quotas(pulled: Pulled) -> None:
    """Let the quotas be with the forecasting quotas as they stand."""
    labels = forecasting_labels(pulled)
    ends = {(row["starts_on"], row["kind"]): row["ends_on"] for row in pulled.rows("fiscal_period")}
    writes = pulled.project.writeback.forecasting_quotas.get(pulled.connection, ())
    lengths = {write.forecasting_type: pulled.project.quotas[write.quota].period for write in writes}
    changes = _gone(pulled, FORECASTING_QUOTA)
    new: dict[str, Row] = {}
    for name, standing in pulled.ours.of(FORECASTING_QUOTA):
        user, day, kind = name.split("|")
        changes[standing.record_id] = dict(standing.values)
        new[standing.record_id] = {
            "user_id": user, "name": labels.get(kind, kind), "starts_on": day,
            "ends_on": ends.get((day, lengths.get(kind, "month"))), "currency": pulled.project.settings.currency,
        }  # fmt: skip
    pulled.change("quota", changes, new)


def put_accounts(pulled: Pulled) -> None:
    """Let the accounts of territories be with those that we put there."""
    new: dict[str, Row] = {}
    for name, standing in pulled.ours.of(TERRITORY_ACCOUNT):
        account, territory = name.split("|")
        new[standing.record_id] = {"account_id": account, "territory_id": territory, "cause": BY_HAND}
    pulled.change("territory_account", _gone(pulled, TERRITORY_ACCOUNT), new)


def forecasting_labels(pulled: Pulled) -> dict[str, str]:
    """The label of each forecasting type that the project names, which pulled quotas go by: that of a quota which the
    CRM has under the name, else the one that is the name but for blanks and signs."""
    by_record = {row["id"]: row["name"] for row in pulled.rows("quota") if row["name"]}
    alike = {_letters(label): label for label in sorted(set(by_record.values()))}
    writes = pulled.project.writeback.forecasting_quotas.get(pulled.connection, ())
    labels = {w.forecasting_type: alike.get(_letters(w.forecasting_type), w.forecasting_type) for w in writes}
    for name, standing in pulled.ours.of(FORECASTING_QUOTA):
        if standing.record_id in by_record:
            labels[name.split("|")[2]] = by_record[standing.record_id]
    return labels


def _letters(text: str) -> str:
    return "".join(each for each in text.casefold() if each.isalnum())


def _gone(pulled: Pulled, of_object: str, prefix: str = "") -> dict[str, Row]:
    return {prefix + record: {"deleted": 1} for record in pulled.ours.gone.get(of_object, ())}
