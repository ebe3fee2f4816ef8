"""Apply: do what a plan says, no more, and write down what became of each line."""

from sync.apply.engine import apply_plan
from sync.apply.hold import read_hold
from sync.apply.lines import ATTEMPTS, INTERRUPTED, Line, Result, StalePlan, count_outcomes
from sync.apply.look import UPDATED
from sync.apply.refusals import wake_refusals
from sync.apply.settle import is_unsettled, settle

__all__ = [
    "ATTEMPTS",
    "INTERRUPTED",
    "UPDATED",
    "Line",
    "Result",
    "StalePlan",
    "apply_plan",
    "count_outcomes",
    "is_unsettled",
    "read_hold",
    "settle",
    "wake_refusals",
]
