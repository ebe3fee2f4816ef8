"""The catalog in pandas, as a good user of it would write it by hand: no loop over rows, one group-by for all metrics
of a source.

The store is read by `read_sql` over ADBC, columns by name. Money is whole cents in floats, exact up to 2^53; what is
divided is a float, rounded to 6 places. Moments and days stay the text of the store, which sorts as they do, wherever
no time between two of them is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import pyarrow as pa

from benchmarks.metric_company import AS_OF, CONNECTION, FIRST_DAY, TARGET
from benchmarks.metrics_formulas import (
    AS_IT_STANDS,
    CONNECTED,
    IN_CENTS,
    NO_SHOW,
    OF_TEAMS,
    OF_USERS,
    PROPOSAL,
    QUALIFIED,
    RATIOS,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pandas import DataFrame, Series

NOW, TODAY, THIS_MONTH = f"{AS_OF:%Y-%m-%dT%H:%M:%S.000Z}", f"{AS_OF:%Y-%m-%d}", f"{AS_OF:%Y-%m}"
TODAY_DAY = pd.Timestamp(TODAY)

COLUMNS: Mapping[str, str] = {
    "user": "id team active manager_id created_at",
    "account": "id name owner_id created_by_id created_at",
    "lead": ("id owner_id status created_at converted converted_at opportunity_id contact_id created_by_id"),
    "opportunity": (
        "id account_id owner_id pipeline stage is_closed is_won amount close_date probability next_step source"
        " created_at created_by_id"
    ),
    "opportunity_history": "id opportunity_id stage amount close_date at",
    "activity": ("kind owner_id opportunity_id lead_id at seconds outcome direction done created_at created_by_id"),
    "product": "id family",
    "line_item": "opportunity_id product_id quantity unit_price amount",
    "field_history": "user_id at",
    "stage": "pipeline name position is_closed is_won",
}

Tables = dict[str, "DataFrame"]


def read(path: Path) -> Tables:
    """The tables, live rows only; flags as booleans, money as cents."""
    import adbc_driver_sqlite.dbapi as adbc

    with adbc.connect(f"{path.resolve().as_uri()}?mode=ro") as connection:
        tables = {
            name: pd.read_sql(
                f"SELECT {', '.join(fields.split())} FROM {name} WHERE connection = '{CONNECTION}' AND deleted = 0",
                connection,
            )
            for name, fields in COLUMNS.items()
        }
    for table in tables.values():
        for column in table.columns.intersection(["active", "converted", "is_closed", "is_won", "done"]):
            table[column] = table[column].astype(bool)
        for column in table.columns.intersection(["amount", "quantity", "unit_price"]):
            table[column] = (table[column].astype(float) * 100).round()
    return tables


def compute(tables: Tables) -> pa.Table:
    """metric, grain, key, period, value."""
    people = _people(tables["user"])
    states = _states(tables)
    visits = _visits(tables, states)
    deals = _deals(tables, people, visits)
    found = [
        *_of_activities(tables, deals, people),
        *_of_leads(tables, deals, people),
        *_of_opportunities(tables, deals, visits, people),
        *_of_history(states, visits, deals, people),
        *_by_period(tables, deals, people),
    ]
    wide = pd.concat(found, axis=1)
    wide = pd.concat([wide, *_over_months(wide), _quotas(wide, people)], axis=1)
    return pa.Table.from_pandas(_long(_with_formulas(wide, people)), preserve_index=False)


def _cells(frame: DataFrame, people: DataFrame, *, all_time: bool) -> list[tuple[int, list[str], DataFrame]]:
    """The groupings: company, team and user, by month and over all time; of users who are known."""
    known = frame[frame["owner"].isin(people.index)].assign(owner=lambda rows: rows["owner"].astype(str))
    teamed = known.assign(team=known["owner"].map(people["team"])).dropna(subset="team")
    of = [(0, [], frame), (1, ["team"], teamed), (2, ["owner"], known)]
    by_month = [(g, [*by, "month"], rows) for g, by, rows in of]
    return [*by_month, *of] if all_time else by_month


def _placed(g: int, by: Sequence[str], found: DataFrame) -> DataFrame:
    """The figures of one grouping by (g, k, m)."""
    found = found.reset_index() if by else found
    key = found[by[0]].astype(str) if by and by[0] != "month" else ""
    month = found["month"].astype(str) if "month" in by else "all"
    return found.assign(g=g, k=key, m=month).set_index(["g", "k", "m"]).drop(columns=list(by))


def _rolled(rows: DataFrame, measures: Mapping[str, Series], people: DataFrame, *, all_time: bool = True) -> DataFrame:
    """Counts (of booleans) and sums by owner and month first, then by cell; a count of 0 is no value."""
    counts = [name for name, values in measures.items() if values.dtype == bool]
    frame = pd.DataFrame({"owner": rows["owner"].astype("category"), "month": rows["month"].astype("category")})
    frame = frame.assign(**{name: values.astype(float) for name, values in measures.items()})
    base = frame.groupby(["owner", "month"], observed=True, sort=False).sum(min_count=1).reset_index()
    base["month"] = base["month"].astype(str)
    found = []
    for g, by, of in _cells(base, people, all_time=all_time):
        values = of[list(measures)]
        if by:
            found.append(_placed(g, by, values.groupby([of[each] for each in by], sort=False).sum(min_count=1)))
        else:
            found.append(_placed(g, by, values.sum(min_count=1).to_frame().T))
    placed = pd.concat(found)
    placed[counts] = placed[counts].replace(0, np.nan)
    return placed


def _taken(rows: DataFrame, column: str, name: str, how: str, people: DataFrame) -> DataFrame:
    """The median, or how many different values there are, of a column in each cell."""
    frame = rows[["owner", "month", column]].dropna(subset=column)
    frame = frame.drop_duplicates() if how == "nunique" else frame
    found = []
    for g, by, of in _cells(frame, people, all_time=True):
        if by:
            taken = of.groupby(by, sort=False, observed=True)[column].agg(how).to_frame(name)
        else:
            taken = pd.DataFrame({name: [of[column].agg(how)]})
        found.append(_placed(g, by, taken))
    return pd.concat(found)


def _days(text: Series) -> Series:
    return pd.to_datetime(text.str[:10], format="%Y-%m-%d")


def _moments(text: Series) -> Series:
    return pd.to_datetime(text, format="ISO8601")


def _people(users: DataFrame) -> DataFrame:
    managers = users.loc[users["manager_id"] != users["id"], "manager_id"].dropna()
    of_active = users.loc[users["active"], "manager_id"].dropna()
    return users.assign(
        since=_days(users["created_at"]),
        is_manager=users["id"].isin(managers),
        manages=users["id"].isin(of_active),
    ).set_index("id")


def _states(tables: Tables) -> DataFrame:
    history = tables["opportunity_history"]
    history = history[history["opportunity_id"].isin(tables["opportunity"]["id"])]
    history = history.sort_values(["opportunity_id", "at", "id"], ignore_index=True)
    same = history["opportunity_id"] == history["opportunity_id"].shift(-1)
    return history[~(same & (history["at"] == history["at"].shift(-1)))].reset_index(drop=True)


def _visits(tables: Tables, states: DataFrame) -> DataFrame:
    opportunities, stages = tables["opportunity"], tables["stage"]
    stayed = (states["opportunity_id"] == states["opportunity_id"].shift()) & (
        states["stage"] == states["stage"].shift()
    )
    entered = states[~stayed].reset_index(drop=True)
    goes_on = entered["opportunity_id"] == entered["opportunity_id"].shift(-1)
    told = entered.assign(
        entered_at=entered["at"],
        left_at=entered["at"].shift(-1).where(goes_on),
        next_stage=entered["stage"].shift(-1).where(goes_on),
    )
    untold = opportunities[~opportunities["id"].isin(states["opportunity_id"])]
    untold = untold.assign(opportunity_id=untold["id"], entered_at=untold["created_at"], left_at=None, next_stage=None)
    columns = ["id", "opportunity_id", "stage", "amount", "entered_at", "left_at", "next_stage"]
    found = pd.concat([told[columns], untold[columns].astype(told[columns].dtypes)], ignore_index=True)
    owners = opportunities[["id", "owner_id", "pipeline"]].rename(columns={"id": "opportunity_id", "owner_id": "owner"})
    found = found.merge(owners, on="opportunity_id")
    here = stages.rename(columns={"name": "stage"})
    found = found.merge(here, on=["pipeline", "stage"], how="left")
    found = found.merge(
        here.add_prefix("next_").rename(columns={"next_pipeline": "pipeline"}),
        on=["pipeline", "next_stage"],
        how="left",
    )
    higher = found["next_position"] > found["position"]
    is_won, is_closed = (found[f"next_{name}"].fillna(value=False).astype(bool) for name in ("is_won", "is_closed"))
    found["forward"] = is_won | (higher & ~is_closed)
    found["days"] = (_days(found["left_at"]) - _days(found["entered_at"])).dt.days
    return found.drop(columns=[name for name in found.columns if name.startswith("next_")])


def _deals(tables: Tables, people: DataFrame, visits: DataFrame) -> DataFrame:
    deals = tables["opportunity"].rename(columns={"owner_id": "owner"})
    activities = tables["activity"].dropna(subset="opportunity_id")
    done, past = activities["done"], activities["at"] <= NOW
    last = activities[done & past].groupby("opportunity_id", sort=False)["at"].max()
    ahead = activities.loc[~done & ~past, "opportunity_id"]
    items = tables["line_item"].merge(tables["product"].rename(columns={"id": "product_id"}), on="product_id")
    now = visits[visits["left_at"].isna()].drop_duplicates("opportunity_id").set_index("opportunity_id")
    normal = visits[visits["left_at"].notna()].groupby(["pipeline", "stage"])["days"].median().rename("normal")
    deals = deals.merge(normal.reset_index(), on=["pipeline", "stage"], how="left")
    closed_on, created_on = _days(deals["close_date"]), _days(deals["created_at"])
    won = deals[deals["is_won"] & deals["account_id"].notna()].sort_values(["close_date", "id"])
    touched_on = _days(deals["id"].map(last))
    became = tables["lead"].dropna(subset="opportunity_id").groupby("opportunity_id")["created_at"].min()
    age = (TODAY_DAY - _days(deals["id"].map(now["entered_at"]))).dt.days
    looks = ["account_id", "amount", "close_date"]
    return deals.assign(
        month=deals["close_date"].str[:7],
        created_month=deals["created_at"].str[:7],
        cycle=(closed_on - created_on).dt.days,
        age=(TODAY_DAY - created_on).dt.days,
        lead_cycle=(closed_on - _days(deals["id"].map(became))).dt.days,
        untouched_days=(TODAY_DAY - touched_on).dt.days,
        tenure=(closed_on - deals["owner"].map(people["since"])).dt.days,
        families=deals["id"].map(items.groupby("opportunity_id")["family"].nunique()),
        is_first=deals["id"].isin(won.drop_duplicates("account_id")["id"]),
        look_alikes=deals.groupby(looks, sort=False)["id"].transform("size") - 1,
        filled=deals[[*looks, "next_step", "source"]].notna().sum(axis=1),
        has_no_next=deals["next_step"].isna() & ~deals["id"].isin(ahead),
        stalled=(age / deals["normal"].replace(0, np.nan)).round(6) >= 2,
    )


def _of_activities(tables: Tables, deals: DataFrame, people: DataFrame) -> list[DataFrame]:
    rows = tables["activity"]
    rows = rows[rows["at"] <= NOW].rename(columns={"owner_id": "owner"})
    rows["month"] = rows["at"].str[:7]
    kind, done, out = rows["kind"].astype("category"), rows["done"], rows["direction"] != "inbound"
    outcome, about = rows["outcome"].astype("category").str.lower(), rows["opportunity_id"].notna()
    call, email, meeting = ((kind == each) & done for each in ("call", "email", "meeting"))
    connected, on_time = outcome.isin(CONNECTED), _moments(rows["created_at"]) - _moments(rows["at"])
    entered = done & (kind != "task") & rows["created_at"].notna()
    measures = {
        "activities": done,
        "calls": call,
        "calls_made": call & out,
        "connected_calls": call & out & connected,
        "talk_seconds": rows["seconds"].where(call & connected),
        "emails": email,
        "emails_sent": email & out,
        "targeted_emails": email & out & (about | rows["lead_id"].notna()),
        "replies": email & ~out,
        "meetings": meeting,
        "no_shows": (kind == "meeting") & outcome.isin(NO_SHOW),
        "tasks": (kind == "task") & done,
        "selling_seconds": rows["seconds"].where(call | meeting),
        "opportunity_activities": done & about,
        "entered_activities": entered,
        "entered_on_time": entered & (on_time <= pd.Timedelta(days=1)),
    }
    worked = rows.loc[done & about, ["owner", "month", "opportunity_id"]]
    all_done = tables["activity"].loc[tables["activity"]["done"], ["opportunity_id"]]
    won = deals.loc[deals["is_won"] & (deals["close_date"] <= TODAY), ["id", "owner", "month"]]
    on_won = all_done.merge(won, left_on="opportunity_id", right_on="id")
    entries = [
        tables[name][[who, at]].set_axis(["owner", "at"], axis=1)
        for name, who, at in (
            ("account", "created_by_id", "created_at"),
            ("lead", "created_by_id", "created_at"),
            ("opportunity", "created_by_id", "created_at"),
            ("activity", "created_by_id", "created_at"),
            ("field_history", "user_id", "at"),
        )
    ]
    made = pd.concat(entries, ignore_index=True).dropna(subset="owner")
    made = made[made["at"] <= NOW]
    made["month"] = made["at"].str[:7]
    return [
        _rolled(rows, measures, people),
        _taken(worked, "opportunity_id", "worked_opportunities", "nunique", people),
        _rolled(on_won, {"won_opportunity_activities": _every(on_won)}, people),
        _rolled(made, {"data_entries": _every(made)}, people),
    ]


def _every(rows: DataFrame) -> Series:
    return pd.Series(data=True, index=rows.index)


def _of_leads(tables: Tables, deals: DataFrame, people: DataFrame) -> list[DataFrame]:
    leads = tables["lead"].rename(columns={"owner_id": "owner"})
    leads["month"] = leads["created_at"].str[:7]
    answers = tables["activity"].dropna(subset="lead_id")
    answers = answers[
        answers["done"]
        & answers["kind"].isin(["call", "email", "meeting"])
        & (answers["direction"] != "inbound")
        & (answers["at"] <= NOW)
    ].merge(leads[["id", "created_at"]], left_on="lead_id", right_on="id", suffixes=("", "_of_lead"))
    first = answers[answers["at"] >= answers["created_at_of_lead"]].groupby("lead_id")["at"].min()
    answered_at = leads["id"].map(first)
    created, answered = _moments(leads["created_at"]), _moments(answered_at)
    seconds = (answered - created).dt.total_seconds()
    deal = leads[["opportunity_id"]].merge(deals, left_on="opportunity_id", right_on="id", how="left")
    on_or_after = deal["close_date"].fillna("") >= leads["created_at"].str[:10]
    won = deal["is_won"].eq(other=True) & (deal["close_date"] <= TODAY) & on_or_after
    leads["minutes"] = (seconds / 60).round(6)
    leads["working_minutes"] = (_working_seconds(created, answered) / 60).round(6)
    converted = leads["converted"]
    in_time = converted & (leads["converted_at"] >= leads["created_at"]) & (leads["converted_at"] <= NOW)
    measures = {
        "leads_created": _every(leads),
        "leads_qualified": converted | leads["status"].str.lower().isin(QUALIFIED),
        "leads_answered_in_time": seconds <= 3600,
        "unanswered_leads": answered_at.isna(),
        "_leads_converted_later": in_time,
        "_leads_won": won,
    }
    done = leads[converted & (leads["converted_at"] <= NOW)].assign(month=lambda rows: rows["converted_at"].str[:7])
    return [
        _rolled(leads, measures, people),
        _taken(leads, "minutes", "lead_response_time", "median", people),
        _taken(leads, "working_minutes", "lead_response_time_working", "median", people),
        _rolled(done, {"leads_converted": _every(done)}, people),
    ]


def _working_seconds(start: Series, end: Series) -> Series:
    """Between two moments, on weekdays from 9 to 17."""
    return (_worked_before(end) - _worked_before(start)).clip(lower=0)


def _worked_before(at: Series) -> Series:
    """The working seconds before a moment, since a Monday long ago."""
    passed = (at - pd.Timestamp("2015-01-05", tz="UTC")).dt.total_seconds()
    day = passed // 86400
    weekday = day % 7
    whole = (day // 7) * 5 + weekday.clip(upper=5)
    return whole * 28800 + (passed % 86400 - 32400).clip(0, 28800).where(weekday < 5, 0)


def _of_opportunities(tables: Tables, deals: DataFrame, visits: DataFrame, people: DataFrame) -> list[DataFrame]:
    proposals = visits[visits["stage"].str.lower().isin(PROPOSAL) & (visits["entered_at"] <= NOW)]
    proposed = deals["id"].map(proposals.groupby("opportunity_id")["entered_at"].max())
    created = deals[deals["created_at"] <= NOW].assign(month=deals["created_month"])
    due = deals[deals["close_date"] <= TODAY]
    amount, won, closed = due["amount"], due["is_won"], due["is_closed"]
    lost = closed & ~won
    is_open = ~deals["is_closed"]
    today = deals.assign(month=THIS_MONTH)
    sold = tables["line_item"].merge(
        deals.loc[deals["is_won"] & (deals["close_date"] <= TODAY), ["id", "owner", "month"]],
        left_on="opportunity_id",
        right_on="id",
    )
    accounts, leads = tables["account"], tables["lead"]
    same_name = accounts["name"].str.strip().str.lower().duplicated(keep=False)
    same_contact = leads["contact_id"].notna() & leads["contact_id"].duplicated(keep=False)
    alike = {
        "duplicate_accounts": accounts[same_name].assign(owner=accounts["owner_id"], month=THIS_MONTH),
        "duplicate_leads": leads[same_contact].assign(owner=leads["owner_id"], month=THIS_MONTH),
    }
    list_amount = (sold["unit_price"] * sold["quantity"] / 100).round()
    return [
        _rolled(
            created,
            {
                "opportunities_created": _every(created),
                "won_of_created": created["is_won"],
                "pipeline_created": created["amount"],
                "_proposed": (proposed >= deals["created_at"]).fillna(value=False).astype(bool).loc[created.index],
            },
            people,
        ),
        _rolled(
            due,
            {
                "due_count": _every(due),
                "closed_count": closed,
                "won_count": won,
                "won_amount": amount.where(won),
                "lost_count": lost,
                "lost_by_reason": lost,
                "lost_amount": amount.where(lost),
                "pipeline_expected": amount.where(~closed),
                "new_customer_revenue": amount.where(won & due["is_first"]),
                "existing_customer_revenue": amount.where(won & ~due["is_first"]),
                "won_with_products": won & (due["families"] >= 1),
                "cross_sold_count": won & (due["families"] >= 2),
                "ramped_revenue": amount.where(won & (due["tenure"] >= 180)),
                "_cycle_days": due["cycle"].where(won),
                "_lead_cycle_days": due["lead_cycle"].where(won),
                "_lead_cycles": won & due["lead_cycle"].notna(),
            },
            people,
        ),
        _taken(due[won], "amount", "median_deal", "median", people),
        _taken(due[won], "cycle", "sales_cycle_median", "median", people),
        _rolled(
            today,
            {
                "open_pipeline": deals["amount"].where(is_open),
                "ageing_pipeline": deals["amount"].where(is_open),
                "open_count": is_open,
                "weighted_pipeline": (deals["amount"] * deals["probability"].astype(float)).where(is_open),
                "stalled_count": is_open & deals["stalled"],
                "stalled_amount": deals["amount"].where(is_open & deals["stalled"]),
                "filled_fields": deals["filled"].where(is_open),
                "required_fields": pd.Series(5, index=deals.index).where(is_open),
                "no_next_step": is_open & deals["has_no_next"],
                "untouched_opportunities": is_open & deals["untouched_days"].isna(),
                "duplicate_opportunities": deals["look_alikes"] >= 1,
                "_pipeline_days": deals["age"].where(is_open),
                "_untouched_days": deals["untouched_days"].where(is_open),
                "_touched": is_open & deals["untouched_days"].notna(),
            },
            people,
        ),
        *(_rolled(rows, {name: _every(rows)}, people) for name, rows in alike.items()),
        _rolled(
            sold,
            {
                "product_revenue": sold["amount"],
                "units_sold": sold["quantity"],
                "list_revenue": list_amount.where(sold["amount"].notna()),
                "priced_revenue": sold["amount"].where(list_amount.notna()),
            },
            people,
        ),
    ]


def _of_history(states: DataFrame, visits: DataFrame, deals: DataFrame, people: DataFrame) -> list[DataFrame]:
    left = visits[~visits["is_closed"].astype(bool) & (visits["left_at"] <= NOW)]
    left = left.assign(month=left["left_at"].str[:7])
    proposals = visits[visits["stage"].str.lower().isin(PROPOSAL) & (visits["entered_at"] <= NOW)]
    proposals = proposals.assign(month=proposals["entered_at"].str[:7])
    first = proposals.sort_values(["opportunity_id", "entered_at", "id"]).drop_duplicates("opportunity_id")
    first = first.merge(
        deals[["id", "is_won", "close_date"]], left_on="opportunity_id", right_on="id", suffixes=("", "_of_deal")
    )
    won = first["is_won_of_deal"] & (first["close_date"] >= first["entered_at"].str[:10])
    same = states["opportunity_id"] == states["opportunity_id"].shift()
    before, after = _days(states["close_date"].shift()), _days(states["close_date"])
    moves = states.assign(
        owner=states["opportunity_id"].map(deals.set_index("id")["owner"]),
        month=states["at"].str[:7],
        change=states["amount"] - states["amount"].shift(),
        pushed=(after - before).dt.days,
        slipped=after.dt.year * 4 + after.dt.quarter > before.dt.year * 4 + before.dt.quarter,
    )[same & (states["at"] <= NOW)]
    later = moves["pushed"] > 0
    return [
        _rolled(
            left,
            {
                "stage_exits": _every(left),
                "stage_advances": left["forward"].astype(bool),
                "pipeline_moved": left["amount"].where(left["forward"].astype(bool)),
                "_days_in_stage": left["days"],
            },
            people,
        ),
        _taken(left, "days", "time_in_stage_median", "median", people),
        _taken(proposals, "opportunity_id", "proposals", "nunique", people),
        _rolled(
            first, {"_first_proposals": _every(first), "_proposals_won": won & (first["close_date"] <= TODAY)}, people
        ),
        _rolled(
            moves,
            {
                "pipeline_changed": moves["change"].where(moves["change"] != 0),
                "slipped_amount": moves["amount"].where(moves["slipped"]),
                "pushes": later,
                "_days_pushed": moves["pushed"].where(later),
            },
            people,
        ),
        _taken(moves[moves["slipped"]], "opportunity_id", "slipped_count", "nunique", people),
    ]


def _by_period(tables: Tables, deals: DataFrame, people: DataFrame) -> list[DataFrame]:
    sold = deals[deals["is_won"] & (deals["amount"] > 0) & deals["account_id"].notna() & (deals["close_date"] <= TODAY)]
    since = _days(sold["close_date"])
    until = since + pd.DateOffset(months=12)
    owners = tables["account"].set_index("id")["owner_id"]
    customers = []
    for month in pd.period_range(deals["close_date"].min()[:7], THIS_MONTH, freq="M"):
        starts = month.start_time.normalize()
        ends = min(month.end_time.normalize(), TODAY_DAY)
        opening = sold["amount"].where((since < starts) & (starts <= until), 0)
        closing = sold["amount"].where((since <= ends) & (ends < until), 0)
        yearly = pd.DataFrame({"opening": opening, "closing": closing}).groupby(sold["account_id"], sort=False).sum()
        yearly = yearly[(yearly["opening"] > 0) | (yearly["closing"] > 0)]
        customers.append(yearly.assign(owner=yearly.index.map(owners), month=str(month)))
    held = pd.concat(customers, ignore_index=True)
    opened, change = held["opening"] > 0, held["closing"] - held["opening"]
    reps = people[people["active"] & ~people["is_manager"]].reset_index(names="owner")
    months = pd.period_range(reps["since"].min(), THIS_MONTH, freq="M")
    there = reps[["owner", "since"]].merge(pd.DataFrame({"of": months}), how="cross")
    starts = there["of"].dt.start_time
    there = there[there["of"].dt.end_time >= there["since"]]
    hours = {
        month: 8 * len(pd.bdate_range(month.start_time, min(month.end_time.normalize(), TODAY_DAY))) for month in months
    }
    there = there.assign(
        month=there["of"].astype(str), hours=there["of"].map(hours), tenure=(starts - there["since"]).dt.days
    )
    return [
        _rolled(
            held,
            {
                "customers_at_start": opened,
                "customers_gained": ~opened,
                "customers_lost": held["closing"] == 0,
                "revenue_at_start": held["opening"].where(opened),
                "revenue_churned": (-change).clip(lower=0).where(opened),
                "revenue_expanded": change.clip(lower=0).where(opened),
            },
            people,
            all_time=False,
        ),
        _rolled(
            there,
            {"reps": _every(there), "ramped_reps": there["tenure"] >= 180, "working_time": there["hours"]},
            people,
            all_time=False,
        ),
    ]


def _over_months(wide: DataFrame) -> list[DataFrame]:
    """What is added up over the months of a year, and over twelve."""
    by_month = wide.loc[wide.index.get_level_values("m") != "all", ["won_amount", "won_count", "closed_count"]]
    months = [str(month) for month in pd.period_range(FIRST_DAY, THIS_MONTH, freq="M")]
    table = by_month[by_month["closed_count"].notna()].unstack("m").reindex(columns=months, level="m")
    won = table["won_amount"].reindex(columns=months)
    years = pd.Index([month[:4] for month in months])
    to_date = won.fillna(0).T.groupby(years).cumsum().T
    seen = won.notna().T.groupby(years).cummax().T.astype(bool)
    rolling = {
        f"_{name}_12_months": table[f"{name}_count"].reindex(columns=months).T.rolling(12, min_periods=1).sum().T
        for name in ("won", "closed")
    }
    named = {"won_amount_to_date": to_date.where(seen), **rolling}
    return [values.rename_axis(columns="m").stack().dropna().to_frame(name) for name, values in named.items()]


def _quotas(wide: DataFrame, people: DataFrame) -> DataFrame:
    months = [str(month) for month in pd.period_range(FIRST_DAY, THIS_MONTH, freq="M")]
    reps = people.index[people["active"] & ~people["manages"]]
    won = wide.loc[(2, slice(None), months), "won_amount"].dropna().droplevel("g").rename_axis(["owner", "month"])
    every = pd.MultiIndex.from_product([reps, months], names=["owner", "month"])
    quota = won.reindex(every.union(won.index)).fillna(0).rename("credited").reset_index()
    credited, target = quota["credited"], TARGET * 100.0
    gap = (target - credited).where(credited < target, (target * 1.5 - credited).where(credited < target * 1.5))
    starts = pd.PeriodIndex(quota["month"], freq="M")
    passed = np.minimum((TODAY_DAY - starts.start_time).days + 1, starts.days_in_month) / starts.days_in_month
    measures = {
        "quota_credited": credited,
        "quota_target": pd.Series(target, index=quota.index),
        "quota_remaining": (target - credited).clip(lower=0),
        "quota_with_allowance": pd.Series(target * 0.95, index=quota.index),
        "quota_expected": pd.Series(target * passed, index=quota.index),
    }
    found = _rolled(quota, measures, people, all_time=False)
    rows = quota.assign(gap=gap)
    of_users = rows.dropna(subset="gap").assign(g=2).set_index(["g", "owner", "month"])["gap"]
    of_all = rows.groupby("month")["gap"].min().dropna()
    of_all.index = pd.MultiIndex.from_product([[0], [""], of_all.index])
    found["gap_to_next_tier"] = pd.concat([of_users, of_all])
    return found


def _with_formulas(wide: DataFrame, people: DataFrame) -> DataFrame:
    w = wide.copy()
    w[list(IN_CENTS)] /= 100
    ratios = {name: w[above].fillna(0) / w[below].replace(0, np.nan) for name, (above, below) in RATIOS.items()}
    w = w.assign(**ratios)
    index = w.index.to_frame(index=False)
    by_month, of_user = (index["m"] != "all").to_numpy(), (index["g"] == 2).to_numpy()
    churn, start = w["revenue_churned"], w["revenue_at_start"]
    sold = w["selling_seconds"].fillna(0) / 3600
    there = w["working_time"].notna() | w["selling_seconds"].notna()
    show = w["no_shows"].fillna(0)
    rank = w["attainment"].round(6).groupby(level=["g", "m"]).rank(method="min", ascending=False)
    team = index["k"].map(people["team"]).where(of_user).to_numpy()
    of_team = w["attainment"].round(6).groupby([team, index["m"].to_numpy()])
    others = of_team.transform("count") - 1
    lower = (of_team.rank(method="min") - 1) / others.replace(0, np.nan)
    w = w.assign(
        talk_time=_lasting(w["talk_seconds"]) / 60,
        no_show_rate=show / (show + w["meetings"].fillna(0)).replace(0, np.nan),
        selling_time=_lasting(w["selling_seconds"]) / 3600,
        non_selling_time=(w["working_time"].fillna(0) - sold).clip(lower=0).where(there & by_month),
        selling_share=sold / w["working_time"].replace(0, np.nan),
        net_revenue_churn=(churn - w["revenue_expanded"]) / start.replace(0, np.nan),
        churn_above_acceptable_month=w["gross_revenue_churn"].round(6) - 0.01,
        churn_above_acceptable_quarter=w["gross_revenue_churn"].round(6) - 0.03,
        churn_above_acceptable_year=w["gross_revenue_churn"].round(6) - 0.1,
        growth_to_offset_churn=churn / (start - churn).replace(0, np.nan),
        discount=1 - w["priced_revenue"] / w["list_revenue"].replace(0, np.nan),
        sales_velocity=w["won_count"] * w["average_deal"].round(6) / w["sales_cycle"].round(6).replace(0, np.nan),
        attainment_rank=rank,
        attainment_rank_in_team=of_team.rank(method="min", ascending=False),
        attainment_percentile_in_team=lower.where(others > 0, 1).where(
            of_team.transform("count").notna() & w["attainment"].notna()
        ),
    )
    w.loc[of_user, list(OF_TEAMS)] = np.nan
    w.loc[(index["g"] == 1).to_numpy(), list(OF_USERS)] = np.nan
    w.loc[(index["m"] < THIS_MONTH).to_numpy(), list(AS_IT_STANDS)] = np.nan
    return w.drop(columns=[name for name in w.columns if name.startswith("_")])


def _lasting(values: Series) -> Series:
    """The values, nothing being 0 from the first month with one on; all have a row in each month since they came."""
    months = pd.Series(values.index.get_level_values("m"), index=values.index)
    first = months.where(values.notna()).groupby(level=["g", "k"]).transform("min").fillna("never")
    return values.where(months < first, values.fillna(0))


def _long(wide: DataFrame) -> DataFrame:
    long = wide.round(6).reset_index().melt(id_vars=["g", "k", "m"], var_name="metric").dropna(subset="value")
    long["g"] = long["g"].map({0: "company", 1: "team", 2: "user"})
    return long.rename(columns={"g": "grain", "k": "key", "m": "period"})
