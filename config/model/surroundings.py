"""What surrounds the selling: links, stages, rates, calendars, territories, targets."""

from __future__ import annotations

from config.model.fields import BOOLEAN, DATE, DECIMAL, ID, INTEGER, TEXT, model_object

SURROUNDINGS = (
    model_object(
        "association",
        "a link between two records beyond the one that a field of theirs holds; objects are ours",
        from_object=TEXT,
        from_id=ID,
        to_object=TEXT,
        to_id=ID,
        label=TEXT,
    ),
    model_object(
        "stage",
        "a stage of the pipeline of opportunities or leads (`object`); `probability` is a share of 1",
        object=TEXT,
        pipeline=TEXT,
        name=TEXT,
        position=INTEGER,
        is_closed=BOOLEAN,
        is_won=BOOLEAN,
        probability=DECIMAL,
        forecast_category=TEXT,
        active=BOOLEAN,
    ),
    model_object(
        "exchange_rate",
        "from `from_date` on, one unit of `currency` is `rate` units of `to_currency`",
        currency=TEXT,
        to_currency=TEXT,
        rate=DECIMAL,
        from_date=DATE,
    ),
    model_object(
        "fiscal_period",
        "a year, quarter, month or week (`kind`) of the CRM's fiscal calendar, both days in it",
        kind=TEXT,
        name=TEXT,
        number=INTEGER,
        starts_on=DATE,
        ends_on=DATE,
    ),
    model_object(
        "territory",
        "a territory of the CRM; `state` is that of the model it belongs to",
        name=TEXT,
        parent_id=ID,
        type=TEXT,
        model=TEXT,
        state=TEXT,
    ),
    model_object("territory_member", "a user in a territory", territory_id=ID, user_id=ID, role=TEXT),
    model_object(
        "territory_account",
        "an account in a territory, put there by a rule of the CRM or by hand (`cause`)",
        territory_id=ID,
        account_id=ID,
        cause=TEXT,
    ),
    model_object(
        "quota",
        "a target that the CRM holds for a user, both days in it",
        user_id=ID,
        name=TEXT,
        starts_on=DATE,
        ends_on=DATE,
        amount=DECIMAL,
        quantity=DECIMAL,
        currency=TEXT,
    ),
)
