"""What a statement says of one comp plan, in words."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Literal, TypeAlias

from salesops.calendar import ALL_TIME
from sync.statements.document import Bar, Bars, Column, Said, Section, Sums, Table
from sync.statements.words import SENTENCES
from sync.statements.writing import NONE, clean, is_currency

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from salesops.statements.model import (
        ByPlan,
        Component,
        Credited,
        Due,
        Figure,
        Ladder,
        Measured,
        Of,
        Statement,
        Tier,
    )
    from sync.statements.writing import Writing

    Amounts: TypeAlias = Callable[[Decimal], str]

_CENT = Decimal("0.01")
_LONGEST_BAR = Decimal(2)
"""A bar is as long as its room where twice the target is reached."""

_KINDS: dict[str, Literal["short", "figure"]] = {">": "figure", ".": "short"}

_BELOW_0 = {"brought_forward": "owed_forward", "transferred": "debt_of"}
_ABOVE_0 = {
    "held": "no_longer_held",
    "carried": "owed_on",
    "recovered": "given_back",
    "transferred": "settled_by",
}
"""Figures that are called otherwise where their sign is not the usual one."""


def plan_sections(statement: Statement, plan: ByPlan, writing: Writing) -> Iterator[Section]:
    """The sections of a comp plan, without those that would be empty."""
    said = [writing.say("amounts_in", currency=plan.currency)]
    if plan.payout.currency != plan.currency and plan.paid:
        paid = writing.money(plan.paid, plan.currency)
        said.append(writing.say("paid_in", paid=paid, payout=writing.money(plan.payout.amount, plan.payout.currency)))
    if plan.opening:
        said.append(writing.say("opening", amount=writing.money(plan.opening, plan.currency)))
    teller = _Teller(plan, writing, statement.period)
    yield Section(2, clean(plan.label), tuple(said), (teller.summary(statement.is_draft),))
    sections = (
        ("measures", (), teller.measures()),
        ("earnings", ("rate_means",), teller.components()),
        ("tiers", ("tiers_mean",), teller.tiers()),
        ("adjustments", ("adjustments_mean",), teller.adjustments()),
        ("held_released", (), teller.held()),
        ("taken_back", (), teller.taken_back()),
        ("manuals", (), teller.manual()),
        ("disputes", (), teller.disputes()),
        ("balances", (), teller.balances()),
        ("changes", (), teller.changes(statement)),
        ("credits", (), teller.credits()),
    )
    for heading, sentences, shown in sections:
        found = tuple(shown)
        if found:
            yield Section(3, writing.say(heading), tuple(map(writing.say, sentences)), found)


class _Teller:
    """The tables of a comp plan."""

    def __init__(self, plan: ByPlan, writing: Writing, period: str) -> None:
        self._period = period
        self._plan = plan
        self._writing = writing
        self._say = writing.say

    def summary(self, is_draft: bool) -> Sums:
        rows = tuple(row for each in self._plan.summary for row in self._rows(each))
        result = self._say("to_be_paid" if is_draft else "paid"), self._amount(self._plan.paid)
        return Sums(self._say("summary"), rows, result)

    def measures(self) -> Iterator[Bars | Table]:
        plain = [each for each in self._plan.measures if each.attainment is None]
        held = [each for each in self._plan.measures if each.attainment is not None]
        if held:
            bars = tuple(self._bar(each) for each in held)
            has_bounds = any(each.bounds for each in bars)
            yield Bars(self._say("attainment"), bars, self._say("tier_marks" if has_bounds else "target_mark"))
        if plain:
            rows = tuple((self._measure(each), self._writing.number(each.value)) for each in plain)
            yield self._table("measures", ("measure", ">result"), rows)

    def components(self) -> Iterator[Table]:
        for component in self._plan.components:
            rows = tuple(
                (
                    self._of(line.of),
                    self._writing.day(line.of.day),
                    self._amount(line.credit) if line.credit else "",
                    self._rate(line.rate) if line.rate is not None else "",
                    self._amount(line.amount),
                )
                for line in component.lines
            )
            foot = (self._say("total"), "", "", "", self._amount(component.amount))
            columns = ("transaction", ".day", ">credit", ">rate", ">earned_amount")
            yield self._table(self._component(component), columns, rows, foot, named=True)

    def tiers(self) -> Iterator[Table | Sums | Said]:
        """What lies in each tier and comes of it, the way from there to what this period earned, and what is next."""
        for ladder in self._plan.ladders:
            name = f"{self._label(ladder.component, ladder.label)} ({self._interval(ladder.interval)})"
            laid = [each for each in ladder.tiers if each.amount is not None]
            if laid and ladder.worth is not None:
                rows = tuple(
                    (
                        self._tier(ladder, each),
                        "" if each.number is None else self._number(each),
                        "" if each.credit is None else self._amount(each.credit),
                        self._amount(each.amount or Decimal(0)),
                    )
                    for each in laid
                )
                foot = (self._say("total"), "", "", self._amount(ladder.worth))
                yield self._table(name, ("tier", ">rate", ">tier_credit", ">comes_to"), rows, foot, named=True)
                if ladder.worth != ladder.earned:
                    yield self._earned_of(ladder, name, ladder.worth)
            if ladder.following is not None:
                yield Said(self._next_tier(ladder, name, *ladder.following))

    def _next_tier(self, ladder: Ladder, name: str, needed: Decimal, tier: Tier) -> str:
        """What the next tier takes, never less than it does, and what it pays."""
        least = self._writing.number(needed.quantize(_CENT, ROUND_CEILING))
        pays = "" if tier.number is None else self._number(tier)
        if tier.number is not None and tier.unit == "money":
            pays = self._writing.money(tier.number, self._plan.currency)
        return self._say(
            "next_tier",
            component=name,
            needed=self._say("more_than", needed=least) if ladder.is_above else least,
            measure=clean(ladder.measure_label),
            tier=self._bound(ladder, tier),
            rate=pays and self._say("pays_rate", rate=pays),
        )

    def _earned_of(self, ladder: Ladder, name: str, worth: Decimal) -> Sums:
        made = ladder.to_date - worth
        rows = [(self._say("tiers_together"), self._amount(worth))]
        rows += [(self._say("after_tiers"), self._amount(made))] if made else []
        rows += [(self._say("earned_before", interval=self._interval(ladder.interval)), self._amount(-ladder.before))]
        return Sums(name, tuple(rows), (self._say("earned"), self._amount(ladder.earned)))

    def _bound(self, ladder: Ladder, tier: Tier) -> str:
        is_above = ladder.is_above and tier is not ladder.tiers[0]  # below the second all is in the first
        return self._say("tier_above" if is_above else "tier_from", at=self._at(tier))

    def _tier(self, ladder: Ladder, tier: Tier) -> str:
        where = self._bound(ladder, tier)
        return self._say("you_are_here", tier=where) if tier.is_reached else where

    def _at(self, tier: Tier) -> str:
        if tier.at is None:
            return NONE
        return self._writing.number(tier.at) if tier.is_value else self._writing.share(tier.at)

    def _number(self, tier: Tier) -> str:
        if tier.number is None:
            return NONE
        return self._rate(tier.number) if tier.unit == "share" else self._amount(tier.number)

    def _rate(self, rate: Decimal) -> str:
        """A share of money; points and the like are so many for each unit of the credit."""
        if is_currency(self._plan.currency):
            return self._writing.share(rate)
        return self._say("each", rate=self._writing.money(rate, self._plan.currency))

    def disputes(self) -> Iterator[Table]:
        lines = self._plan.disputes
        if lines:
            rows = tuple(
                (
                    clean(each.reason),
                    self._line(each.of),
                    each.period,
                    self._say(each.outcome),
                    clean(each.answer),
                    "" if each.amount is None else self._amount(each.amount),
                )
                for each in lines
            )
            columns = ("dispute", "transaction", ".stated_in", "outcome", "answer", ">amount")
            yield self._table("disputes", columns, rows)

    def adjustments(self) -> Iterator[Table]:
        lines = self._plan.adjustments
        if lines:
            rows = tuple(
                (
                    self._with_component(each.of),
                    each.of.earned_in,
                    self._amount(each.before),
                    self._amount(each.now),
                    self._amount(each.difference),
                )
                for each in lines
            )
            whole = sum((each.difference for each in lines), Decimal(0))
            columns = ("transaction", ".earned_in", ">before", ">now", ">difference")
            foot = (self._say("total"), "", "", "", self._amount(whole))
            yield self._table("adjustments", columns, rows, foot)

    def held(self) -> Iterator[Table]:
        lines = self._plan.held
        if lines:
            rows = tuple(
                (
                    self._with_component(each.of),
                    each.of.earned_in,
                    self._amount(each.earned),
                    self._amount(each.released),
                    self._amount(each.held),
                    ", ".join(self._due(due) for due in each.due),
                )
                for each in lines
            )
            released = sum((each.released for each in lines), Decimal(0))
            held = sum((each.held for each in lines), Decimal(0))
            foot = (self._say("total"), "", "", self._amount(released), self._amount(held), "")
            columns = ("transaction", ".earned_in", ">earned_to_date", ">released_now", ">still_held", "due")
            yield self._table("held_released", columns, rows, foot)

    def taken_back(self) -> Iterator[Table]:
        lines = self._plan.taken_back
        if lines:
            kinds = {"clawed_back": "clawed_back", "lost": "lost_short", "undone": "undone"}
            rows = tuple(
                (
                    self._with_component(each.of),
                    each.of.earned_in,
                    self._say(kinds["undone" if each.is_given_back else each.kind]),
                    self._amount(each.held),
                    self._amount(each.owed),
                )
                for each in lines
            )
            held, owed = (sum((getattr(each, name) for each in lines), Decimal(0)) for name in ("held", "owed"))
            foot = (self._say("total"), "", "", self._amount(held), self._amount(owed))
            columns = ("transaction", ".earned_in", ".what", ">out_of_held", ">out_of_pay")
            yield self._table("taken_back", columns, rows, foot)

    def manual(self) -> Iterator[Table]:
        lines = self._plan.manual
        if lines:
            rows = tuple(
                (
                    clean(each.reason or each.id),
                    self._line(each.of) if each.of else "",
                    clean(each.by),
                    self._amount(each.amount),
                )
                for each in lines
            )
            foot = (self._say("total"), "", "", self._amount(sum((each.amount for each in lines), Decimal(0))))
            yield self._table("manuals", ("reason", "transaction", "author", ">amount"), rows, foot)

    def balances(self) -> Iterator[Table]:
        rows = tuple(
            (
                self._say(f"balance_{each.kind}", **({"step": clean(each.label)} if each.kind == "draw" else {})),
                *map(self._amount, (each.start, each.added, each.taken, each.end)),
            )
            for each in self._plan.balances
        )
        if rows:
            yield self._table("balances", ("balance", ">start", ">added", ">taken", ">end"), rows)

    def changes(self, statement: Statement) -> Iterator[Table]:
        rows = tuple(
            (self._say(f"change_{each.kind}"), *map(self._amount, (each.before, each.now, each.now - each.before)))
            for each in self._plan.changes
        )
        if rows:
            columns = (Column(""), *(Column(name, "figure") for name in (statement.previous, statement.period)))
            difference = Column(self._say("difference"), "figure")
            yield Table(self._say("changes"), (*columns, difference), rows)

    def credits(self) -> Iterator[Table]:
        rows = tuple(
            (self._of(each), self._writing.day(each.day), clean(each.label), self._amount(each.amount))
            for each in self._plan.credits
        )
        if rows:
            yield self._table("credits", ("transaction", ".day", "counted_as", ">credit"), rows)

    def _table(
        self,
        caption: str,
        columns: tuple[str, ...],
        rows: tuple[tuple[str, ...], ...],
        foot: tuple[str, ...] = (),
        *,
        named: bool = False,
    ) -> Table:
        """A table without the columns in which nothing stands; ">" before a name makes it a figure, "." short."""
        kept = [place for place, cells in enumerate(zip(*rows, strict=True)) if not place or any(cells)]
        shown = tuple(Column(self._say(columns[at].lstrip(">.")), _KINDS.get(columns[at][0], "name")) for at in kept)
        rows, foot = tuple(tuple(row[at] for at in kept) for row in rows), tuple(foot[at] for at in kept if foot)
        return Table(caption if named else self._say(caption), shown, rows, foot)

    def _amount(self, amount: Decimal) -> str:
        return self._writing.amount(amount, self._plan.currency)

    def _figure(self, figure: Figure) -> str:
        name: str = figure.kind
        if figure.amount > 0:
            name = _ABOVE_0.get(name, name)
        elif figure.amount < 0:
            name = _BELOW_0.get(name, name)
        what = self._say(name)
        return self._say("by", what=what, step=clean(figure.label)) if figure.label else what

    def _rows(self, figure: Figure) -> Iterator[tuple[str, str]]:
        """A line of the summary; what is earned by several components has one for each of them."""
        if figure.kind == "earned" and len(self._plan.components) > 1:
            for each in self._plan.components:
                named = self._say("by", what=self._say("earned_amount"), step=self._component(each))
                yield named, self._amount(each.amount)
        else:
            yield self._figure(figure), self._amount(figure.amount)

    def _component(self, component: Component) -> str:
        return self._label(component.name, component.label)

    def _label(self, name: str, label: str) -> str:
        return self._say(name) if name in {"cap", "floor"} and label.lower() == name else clean(label)

    def _measure(self, measure: Measured) -> str:
        of = ", ".join(filter(None, (clean(measure.group), self._interval(measure.interval))))
        return f"{clean(measure.label)} ({of})"

    def _interval(self, name: str) -> str:
        return self._say("all_time") if name == ALL_TIME else name

    def _bar(self, measure: Measured) -> Bar:
        attained = measure.attainment or Decimal(0)
        number, share = self._writing.number, self._writing.share(round(attained, 4))
        of = self._say("of_target", value=number(measure.value), target=number(measure.target))
        length = min(max(attained, Decimal(0)), _LONGEST_BAR) / _LONGEST_BAR
        starts = {
            tier.at / _LONGEST_BAR
            for ladder in self._plan.ladders
            if ladder.measure == measure.name
            for tier in ladder.tiers
            if tier.at is not None and not tier.is_value and 0 < tier.at <= _LONGEST_BAR
        }
        mark = 1 / _LONGEST_BAR
        return Bar(self._measure(measure), f"{share} ({of})", length, mark, tuple(sorted(starts - {mark})))

    def _of(self, of: Of | Credited) -> str:
        """What a line is of: the name of its opportunity, and of anything else what it is."""
        if not of.transaction_id:
            return clean(of.name) or self._say("of_none")
        name = clean(of.name or of.opportunity_id or of.transaction_id)
        if of.source == "opportunity":
            return name
        source = self._say(of.source) if of.source in SENTENCES else clean(of.source.replace("_", " ").capitalize())
        its = clean(of.transaction_id)
        return self._say("source_of", source=f"{source} {its}", name=name) if name != its else f"{source} {its}"

    def _line(self, of: Of) -> str:
        """A line in words: what it is of, by which component, and when it was earned."""
        named = f"{self._of(of)} ({clean(of.label)})" if of.transaction_id and of.label else self._of(of)
        if not of.transaction_id:
            named = clean(of.label) or self._of(of)
        return f"{named}, {of.earned_in}" if of.earned_in and of.earned_in != self._period else named

    def _with_component(self, of: Of) -> str:
        """The same, where lines of several components stand in one table."""
        if len(self._plan.components) < 2 and of.transaction_id:
            return self._of(of)
        return f"{self._of(of)} ({clean(of.label)})" if of.transaction_id else clean(of.label)

    def _due(self, due: Due) -> str:
        if due.on == "day":
            return self._writing.day(due.day)
        if due.on == "monthly":
            return f"{self._writing.day(due.day)}, {self._say('due_monthly', until=self._writing.day(due.until))}"
        return self._say(f"due_{due.on}")
