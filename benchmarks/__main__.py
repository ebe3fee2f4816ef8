"""`make bench`: every figure, one after the other."""

from __future__ import annotations

from benchmarks import compute, pull, sandbox, start_up


def main() -> None:
    """Run each benchmark and print its lines."""
    start_up.report()
    with pull.filled_projects() as projects:
        for crm, project in projects.items():
            pull.report(crm, project)
            compute.report(crm, project)
    sandbox.report("salesforce")
    sandbox.report("hubspot")


if __name__ == "__main__":
    main()
