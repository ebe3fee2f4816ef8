"""The steps of payment, one after the other, and the payouts that they lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from salesops.payment.clawback import clawback, undo
from salesops.payment.draw import draw
from salesops.payment.limits import maximum, minimum
from salesops.payment.transfers import transfer_debts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from config.comp_plans.payment import PaymentStep
    from salesops.payment.account import PayAccount, Setting


def pay_out(accounts: Sequence[PayAccount], settings: Mapping[str, Setting]) -> None:
    """Take the steps of each account's comp plan in the order written, settle what payees owe of comp plans that they
    left behind, then pay. Accounts are sorted by owner.

    Debts come before the steps of the comp plans that pay them, as what is carried within one comp plan does.
    """
    for account in accounts:
        setting = account.setting(settings)
        undo(account, setting)
        if account.is_left_behind:
            _take_steps(account, setting)
    transfer_debts(accounts, settings)
    for account in accounts:
        setting = account.setting(settings)
        if not account.is_left_behind:
            _take_steps(account, setting)
        account.pay(setting)


def _take_steps(account: PayAccount, setting: Setting | None) -> None:
    """What stands in another currency than the comp plan's, or is of none, has no steps."""
    if setting is not None:
        for name, step in setting.plan.payment.steps.items():
            _take(account, setting, name, step)


def _take(account: PayAccount, setting: Setting, name: str, step: PaymentStep) -> None:
    match step.kind:
        case "draw":
            draw(account, setting, name, step)
        case "clawback":
            clawback(account, setting, name, step)
        case "maximum":
            maximum(account, setting, name, step)
        case "minimum":
            minimum(account, name, step)
