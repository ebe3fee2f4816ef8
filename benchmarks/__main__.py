"""`make bench`: every figure, one after the other."""

from __future__ import annotations

from benchmarks import (
    close,
    metrics,
    metrics_changed,
    month_end,
    pay,
    pull,
    pull_limits,
    pull_memory,
    sandbox,
    start_up,
    statements,
    writeback,
)


def main() -> None:
    """Run each benchmark and print its lines."""
    start_up.report()
    with pull.sites() as sites:
        for served, project in sites.values():
            pull.report(served, project)
        pull_limits.report_hubspot(*sites["hubspot"])
        pull_limits.report_salesforce(sites["salesforce"][0])
    for crm in pull.CRMS:
        pull_memory.report(crm)
    metrics.report()
    metrics_changed.report_changed()
    pay.report()
    close.report()
    month_end.report()
    statements.report()
    for crm in writeback.CRMS:
        writeback.report(crm)
    sandbox.report("salesforce")
    sandbox.report("hubspot")


if __name__ == "__main__":
    main()
