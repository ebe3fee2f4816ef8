"""Random contests, each from its seed: days in a row, all that the engine makes of them against the reference.

`python tests/salesops/contest_worlds.py FROM TO [PROCESSES]` does for these what pay_worlds.py does for all comp plans.
"""

from __future__ import annotations

import sys

from pay_worlds import World, main
from random_pay_contests import contest_as_of, contest_company, contest_rules


def contest_world(seed: int) -> World:
    """The world of a seed."""
    return World(contest_company(seed), contest_rules(seed), contest_as_of(seed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], contest_world))
