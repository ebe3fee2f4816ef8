"""A small company whose pay is in a ledger: what tests close quarters of, and change behind their backs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synced import SETTINGS, changes, write_project

from connectors.base import Gone, Page, Row
from sync.pay.calculate import calculate
from sync.pay.kept import read_calculation
from sync.pay.move import move_on
from sync.store.pages import save_page
from sync.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from config.loader import Project

CAL, REV, APP = "cal@x.example", "rev@x.example", "app@x.example"

PAY = f"""\
pay:
  first_period: {{quarter: FY2025-Q1}}
  people: [{CAL}, {REV}, {APP}]
  export:
    columns: {{Employee: email, Name: name, Amount: amount, Currency: currency, Period: period}}
"""

PLANS = """\
comp_plans:
  ae:
    label: AE
    effective_from: 2025-01-01
    eligible: {}
    period: quarter
    credits:
      sales: {source: opportunity, where: [{field: is_won, is: true}], time: close_date}
      pro:
        source: line_item
        where: [{field: opportunity.is_won, is: true}, {field: product.name, is: Pro}]
        time: opportunity.close_date
    measures:
      sold: {credits: [sales], target: bookings}
    components:
      commission:
        kind: tiers
        by: sold
        reading: marginal
        tiers: [{from: 0, rate: 0.08}, {from: 1, rate: 0.12}]
      product: {kind: rate, on: pro, rate: 0.02}
"""

USERS = (
    {"id": "u1", "name": "Ann Lee", "email": "ann@x.example", "active": 1},
    {"id": "u2", "name": "Bo Kay", "email": "bo@x.example", "active": 1},
)
CREATED = "2024-12-01T10:00:00.000Z"


def deal(id_: str, owner: str, amount: str, closes: str, *, won: bool = True, **others: Any) -> dict[str, Any]:
    stage = "Closed Won" if won else "Closed Lost"
    values = {"id": id_, "name": f"Deal {id_}", "owner_id": owner, "amount": amount, "close_date": closes}
    return values | {"stage": stage, "is_closed": 1, "is_won": int(won), "created_at": CREATED} | others


DEALS = (
    deal("6001", "u1", "8000", "2025-01-15"),
    deal("6002", "u1", "4000", "2025-03-20"),
    deal("6003", "u2", "5000", "2025-02-10"),
    deal("6004", "u2", "1000", "2025-04-10"),
    deal("6005", "u2", "700", "2025-02-11", won=False),
    deal("6007", "u2", "1000", "2025-02-12", currency="EUR"),
)
RATE = {"id": "r1", "currency": "EUR", "to_currency": "USD", "rate": "1.1", "from_date": "2025-01-01"}
PRODUCT = {"id": "p1", "name": "Pro", "active": 1}
ITEM = {"id": "i1", "opportunity_id": "6001", "product_id": "p1", "quantity": "1", "amount": "3000"}

STAMPS = iter(f"2025-06-01T00:{n // 60:02}:{n % 60:02}.000Z" for n in range(3600))


def save(store: Store, name: str, *rows: dict[str, Any], gone: str = "") -> None:
    """Records as a pull would have kept them, each time as changed later than before."""
    at = next(STAMPS)
    made = tuple(Row(row, {}, at) for row in rows)
    ended = (Gone(gone),) if gone else ()
    save_page(store, "crm", changes(name), Page(name, "{}", complete=True, rows={name: made}, gone=ended))


def company(root: Path, *, pay: str = PAY, **files: str) -> Project:
    """The project, pulled as it were."""
    files.setdefault("comp_plans", PLANS)
    project = write_project(root, settings=SETTINGS + pay, **files)
    with Store(project.root / project.settings.store) as store:
        save(store, "user", *USERS)
        save(store, "opportunity", *DEALS)
        save(store, "exchange_rate", RATE)
        save(store, "product", PRODUCT)
        save(store, "line_item", ITEM)
    return project


def close(project: Project, store: Store, period: str) -> None:
    """From open to closed, each step by who may do it."""
    calculate(project, store, "crm", period, CAL)
    move_on(project, store, "crm", period, "reviewed", REV)
    move_on(project, store, "crm", period, "approved", APP)
    move_on(project, store, "crm", period, "closed", CAL)


def kept_rows(store: Store, period: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row that the store has of what was calculated for a period, and of what moved it."""
    of_period = f"calculation_id IN (SELECT id FROM pay_calculation WHERE period = '{period}')"
    where = dict.fromkeys(("pay_calculation", "pay_state", "pay_adjustment"), f"period = '{period}'")
    where |= dict.fromkeys(("pay_entry", "pay_part"), of_period)
    where["pay_chunk"] = f"digest IN (SELECT digest FROM pay_part WHERE {of_period})"
    return {
        t: [tuple(r) for r in store.rows(f"SELECT * FROM {t} WHERE {w} ORDER BY 1, 2, 3")] for t, w in where.items()
    }


def posted(store: Store, period: str, *causes: str) -> list[tuple[str, str, str, str, str]]:
    """Payee, component, what it is of, the period that this was earned in, and what came to be held."""
    entries = read_calculation(store, "crm", period).entries.to_pylist()
    return [
        (e["payee_id"], e["part"], e["transaction_id"], e["earned_in"], f"{e['amount']:.2f}")
        for e in entries
        if e["account"] == "held" and e["cause"] in causes
    ]
