"""Debts of comp plans that a payee has left behind: they are taken from what the payee's other comp plans pay."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias

from salesops.payment.clawback import clawbacks_of
from salesops.payment.draw import owed, waits
from salesops.payment.movements import Line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from decimal import Decimal

    from salesops.payment.account import PayAccount, Setting
    from salesops.payment.tables import Account

    Debt: TypeAlias = tuple[Account | None, str, Decimal, Decimal | None]


def transfer_debts(accounts: Sequence[PayAccount], settings: Mapping[str, Setting]) -> None:
    """Take what is owed of comp plans left behind from the payee's other accounts in the same currency, each in the
    order of comp plans, as far as the payer's `recover_at_most` and the debt's own limit allow.

    `accounts` are sorted by owner. What is transferred adds up to 0 for each payee and currency.
    """

    def whose(account: PayAccount) -> tuple[str, str]:
        return account.owner.payee_id, account.owner.unit

    for _, group in groupby(sorted(accounts, key=whose), whose):
        its = list(group)
        payers = [(account, account.pays) for account in its if account.pays > 0]
        for debtor in its if payers else ():
            if debtor.is_left_behind:
                _settle(debtor, debtor.setting(settings), [each for each in payers if each[0] is not debtor])


def _settle(debtor: PayAccount, setting: Setting | None, payers: Sequence[tuple[PayAccount, Decimal]]) -> None:
    for account, part, debt, share in _debts(debtor, setting):
        left = debt
        for payer, pays in payers:
            most = setting.share_of(pays, share) if setting else pays
            amount = min(left, most, payer.may_give)
            payer.move("payable", "transferred", "transferred", amount, Line(debtor.owner.comp_plan))
            debtor.move("transferred", "payable", "transferred", amount, Line(payer.owner.comp_plan))
            if account is not None:
                debtor.move("payable", account, "recovered", amount, Line(part))
            payer.give(amount)
            left -= amount


def _debts(debtor: PayAccount, setting: Setting | None) -> Iterator[Debt]:
    """What is owed: the account that it is recovered to beside `payable`, its step, the amount, and the share of pay
    that it may take."""
    yield None, "", debtor.carried_debt, None
    if debtor.owed < 0:
        name, step = next(iter(clawbacks_of(setting.plan if setting else None).items()), ("", None))
        yield "owed", name, -debtor.owed, step.at_most if step else None
    for name in sorted(debtor.advances):
        found = setting.plan.payment.steps.get(name) if setting else None
        if found is None or found.kind != "draw" or not found.recoverable:
            yield "recovery", name, owed(debtor, name), None
        elif setting is not None and not waits(debtor, setting, name, found):
            yield "recovery", name, owed(debtor, name), found.recover.at_most
