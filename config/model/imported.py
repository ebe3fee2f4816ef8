"""What no CRM has, and files bring."""

from __future__ import annotations

from config.model.fields import DATE, DECIMAL, ID, TEXT, model_object

FROM_FILES = (
    model_object(
        "invoice",
        "what was billed, imported from a file; `amount` in `currency`, or in the project's if empty",
        account_id=ID,
        opportunity_id=ID,
        owner_id=ID,
        product_id=ID,
        number=TEXT,
        amount=DECIMAL,
        currency=TEXT,
        issued_on=DATE,
        due_on=DATE,
        status=TEXT,
    ),
    model_object(
        "payment",
        "what a customer paid, imported from a file; `amount` in `currency`, or in the project's if empty",
        invoice_id=ID,
        account_id=ID,
        opportunity_id=ID,
        owner_id=ID,
        amount=DECIMAL,
        currency=TEXT,
        paid_on=DATE,
        method=TEXT,
    ),
)
