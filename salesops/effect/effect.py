"""What a comp plan brought that was not to be expected without it: its cost, its result, and how sure that is."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from salesops.effect.estimate import FEWEST, Estimate, estimate
from salesops.effect.results import covers
from salesops.effect.windows import Window, baseline_of, window_after, window_before, window_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from salesops.effect.results import Results
    from salesops.effect.windows import Baseline, Works

ZERO = Decimal(0)
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Compared:
    """A window against a baseline: the results of the two groups in each, exactly, and what follows from them.

    Without a comparison `compared` is 0, and what was to be expected is what the baseline had in as many working days.
    """

    window: Window
    baseline: Window
    treated: int  # payees
    compared: int
    of_treated: tuple[Decimal, Decimal]  # in the baseline, in the window
    of_compared: tuple[Decimal, Decimal]
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Week:
    """The result of a week, and what was to be expected of it, by the shares that the baseline had."""

    first: date
    actual: Decimal
    expected: float
    is_in_window: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """What is told of a comp plan or a component of it.

    `after` is the window that follows it: what was only pulled forward is missing there. `check` is the same reckoning
    one window earlier, when there was nothing to find. Both are None where there are no such days, or no results.
    `left_out` are payees who were not there in all of window and baseline, with what counted for them in the window.
    """

    cost: Decimal  # earned in the window by everybody
    payees: int  # who earned it
    during: Compared
    after: Compared | None
    check: Compared | None
    first_counted: date  # the first day in baseline, check or later on which anything counted for anybody
    left_out: int
    of_left_out: Decimal
    weeks: tuple[Week, ...]

    @property
    def cost_of_one(self) -> tuple[float, float, float] | None:
        """The cost of one more, the least and the most that it may be; None where nothing more is told from chance."""
        found = self.during.estimate
        if found.low is None or found.high is None or found.low <= 0:
            return None
        cost = float(self.cost)
        return cost / found.more, cost / found.high, cost / found.low


class NothingToCompare(LookupError):
    """The window or its baseline has nothing that could be compared."""


def first_day_needed(window: Window, baseline: Baseline, works: Works) -> date:
    """The first day of which `build_effect` wants to know what counted."""
    check = window_before(window, works)
    return min(
        each.first for each in (check, baseline_of(window, baseline, works), baseline_of(check, baseline, works))
    )


def build_effect(results: Results, window: Window, baseline: Baseline, works: Works, until: date) -> Effect:
    """The effect in a window, of days up to `until`, which is the first that is not over.

    Raises NothingToCompare where nobody was on the comp plan in all of the window and its baseline, or nothing counted.
    """
    whole = _Groups(results, window)
    during = whole.compare(window, baseline_of(window, baseline, works))
    if during is None:
        base = baseline_of(window, baseline, works)
        raise NothingToCompare(
            f"nobody who was on it from {window.first} to {window.last} was there from {base.first} to {base.last},"
            " too, with something that counts. Pull records from further back, or choose days with --from and --until."
        )
    counted = [each.day for each in results.everybody]
    if not any(during.baseline.has(day) for day in counted):
        raise NothingToCompare(
            f"nothing counted for anybody from {during.baseline.first} to {during.baseline.last}, which it would be"
            " compared with. Pull records from further back, or choose days with --from and --until."
        )
    earlier, later = window_before(window, works), window_after(window, works, until)
    before = baseline_of(earlier, baseline, works)
    paid = [(payee, amount) for payee, day, amount in results.earned if window.has(day)]
    out = whole.treated - whole.there(during.baseline, window)
    return Effect(
        cost=sum((amount for _, amount in paid), ZERO),
        payees=len({payee for payee, amount in paid if amount}),
        during=during,
        after=None if later is None else whole.compare(later, during.baseline),
        check=whole.compare(earlier, before) if any(before.has(day) for day in counted) else None,
        first_counted=min(counted),
        left_out=len(out),
        of_left_out=sum((whole.of(payee, window) for payee in out), ZERO),
        weeks=tuple(whole.weeks(during, works, until)),
    )


class _Groups:
    """Who is treated, and who can be compared with them."""

    def __init__(self, results: Results, window: Window) -> None:
        self._results = results
        self._window = window
        self._days: dict[str, list[date]] = defaultdict(list)
        self._sums: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO])  # up to each of the days
        self._transactions: dict[tuple[str, str], set[str]] = defaultdict(set)
        for each in sorted(results.everybody, key=lambda each: each.day):
            self._days[each.payee_id].append(each.day)
            self._sums[each.payee_id].append(self._sums[each.payee_id][-1] + each.amount)
            self._transactions[each.transaction].add(each.payee_id)
        self.treated = frozenset(
            payee
            for payee, stays in results.stays.items()
            if any(first <= window.last and last >= window.first for first, last in stays)
        )
        # Whose transactions count for a treated payee as well, as a manager's do, is no comparison.
        sharing = (them for them in self._transactions.values() if them & self.treated)
        self._entangled = self.treated.union(*sharing)

    def of(self, payee: str, window: Window) -> Decimal:
        """What counted for a payee."""
        days, sums = self._days[payee], self._sums[payee]
        return sums[bisect_left(days, window.end)] - sums[bisect_left(days, window.first)]

    def there(self, *windows: Window) -> frozenset[str]:
        """Who was a user on all days of the windows, and on the comp plan in all of the main one if ever in it."""
        first, last = min(each.first for each in windows), max(each.last for each in windows)
        return frozenset(
            payee
            for payee, stays in self._results.stays_of_all.items()
            if covers(stays, first, last)
            and (payee not in self.treated or covers(self._results.stays[payee], self._window.first, self._window.last))
        )

    def compare(self, window: Window, base: Window) -> Compared | None:
        """A window against its baseline; None where nobody can be, or nothing counted for the treated."""
        there = self.there(base, window)
        treated = [(self.of(each, base), self.of(each, window)) for each in sorted(there & self.treated)]
        others = [(self.of(each, base), self.of(each, window)) for each in sorted(there - self._entangled)]
        compared = [each for each in others if any(each)]
        if len(compared) < FEWEST or sum(was for was, _ in compared) <= 0:
            compared = []
        if not treated or not any(any(each) for each in treated):
            return None
        both = [[(float(was), float(is_)) for was, is_ in group] for group in (treated, compared)]
        return Compared(
            window=window,
            baseline=base,
            treated=len(treated),
            compared=len(compared),
            of_treated=_summed(treated),
            of_compared=_summed(compared),
            estimate=estimate(both[0], both[1], (base.days, window.days)),
        )

    def weeks(self, during: Compared, works: Works, until: date) -> Iterator[Week]:
        """Whole weeks from the baseline's first day on, or from the window's, up to today."""
        window, base = during.window, during.baseline
        there = self.there(base, window)
        treated = there & self.treated
        others = there - self._entangled if during.compared else frozenset()
        first = base.first if base.end == window.first else window.first
        while first + _WEEK <= until:
            week = window_of(first, first + _WEEK, works)
            if others:
                share = float(during.of_treated[0]) / float(during.of_compared[0])
                expected = share * float(sum((self.of(each, week) for each in others), ZERO))
            else:
                expected = float(during.of_treated[0]) / base.days * week.days
            actual = sum((self.of(each, week) for each in treated), ZERO)
            yield Week(first, actual, expected, window.first <= first < window.end)
            first += _WEEK


def _summed(pairs: list[tuple[Decimal, Decimal]]) -> tuple[Decimal, Decimal]:
    return sum((was for was, _ in pairs), ZERO), sum((is_ for _, is_ in pairs), ZERO)
