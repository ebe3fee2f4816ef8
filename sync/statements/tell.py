"""The document that a statement is read as."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from sync.statements.document import Bar, Bars, Column, Document, Section, Table
from sync.statements.tell_plan import plan_sections
from sync.statements.writing import NONE, clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from salesops.statements.model import Statement
    from sync.statements.writing import Writing


def tell(statement: Statement, writing: Writing) -> Document:
    """The statement in words: what matters most first, then where each figure comes from."""
    say = writing.say
    name, payee = clean(statement.payee.name or statement.payee_id), statement.payee
    facts = [
        (say("email"), clean(payee.email)) if payee.email else (say("id"), clean(statement.payee_id)),
        (say("period"), f"{statement.period}, {_days(statement, writing)}"),
        (say("state"), say(statement.state)),
    ]
    sections = [*_overview(statement, writing)]
    sections += [section for plan in statement.plans for section in plan_sections(statement, plan, writing)]
    return Document(
        language=writing.language,
        letter_paper=writing.on_letter,
        title=say("title"),
        payee=name,
        facts=tuple(facts),
        draft=(say("draft"), say("draft_means")) if statement.is_draft else None,
        headline=(
            say("to_be_paid" if statement.is_draft else "paid"),
            tuple(writing.money(each.amount, each.currency) for each in statement.paid) or (NONE,),
        ),
        sections=(*sections, *_history(statement, writing)) or (Section(2, say("summary"), (say("nothing"),)),),
        footer=say("footer", payee=clean(name, 60), period=statement.period, number=str(statement.calculation)),
        page=say("page", number="{number}", of="{of}"),
        unshown=say("unshown", scripts="{scripts}"),
    )


def _days(statement: Statement, writing: Writing) -> str:
    return writing.say("days", first=writing.day(statement.first_day), last=writing.day(statement.last_day))


def _overview(statement: Statement, writing: Writing) -> Iterator[Section]:
    """What each comp plan pays, where there are several."""
    if len(statement.plans) < 2:
        return
    paid = writing.say("to_be_paid" if statement.is_draft else "paid")
    rows = tuple(
        (clean(plan.label), writing.money(plan.payout.amount, plan.payout.currency)) for plan in statement.plans
    )
    heading = writing.say("summary")
    columns = (Column(writing.say("comp_plan")), Column(paid, "figure"))
    yield Section(2, heading, (), (Table(heading, columns, rows),))


def _history(statement: Statement, writing: Writing) -> Iterator[Section]:
    """What each period paid, a chart for each currency; nothing where there is only this period."""
    if len(statement.history) < 2:
        return
    currencies = sorted({each.currency for one in statement.history for each in one.paid})
    charts = []
    for currency in currencies:
        paid = {
            one.period: sum((each.amount for each in one.paid if each.currency == currency), Decimal(0))
            for one in statement.history
        }
        most = max(paid.values())
        bars = tuple(
            Bar(period, writing.amount(amount, currency), amount / most if most > 0 else Decimal(0))
            for period, amount in paid.items()
        )
        charts.append(Bars(f"{writing.say('history')} ({currency})", bars))
    yield Section(2, writing.say("history"), (), tuple(charts))
