"""The steps of payment, one after the other, and the payout that they lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from salesops.payment.clawback import clawback
from salesops.payment.draw import draw
from salesops.payment.limits import maximum, minimum

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.comp_plans.payment import PaymentStep
    from salesops.payment.account import PayAccount, Setting


def take_steps(account: PayAccount, settings: Mapping[str, Setting]) -> None:
    """Take the steps of the account's comp plan in the order written, then pay.

    What stands in another currency than the comp plan's, or is of none, is paid without steps.
    """
    setting = settings.get(account.owner.comp_plan)
    if setting is None or setting.unit != account.owner.unit:
        account.pay(None)
        return
    for name, step in setting.plan.payment.steps.items():
        _take(account, setting, name, step)
    account.pay(setting)


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
