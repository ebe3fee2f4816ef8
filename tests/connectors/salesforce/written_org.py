"""What the tests of writing share: an org that has what a project writes, and the jobs that a store would keep."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import requests
from connected_org import SandboxOrg, opened, write_export

from connectors.salesforce.ids import full_id
from connectors.writing import (
    FieldKind,
    FieldNeed,
    Needs,
    ObjectNeed,
    Outcome,
    RecordWrite,
    Standing,
    Status,
    Target,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

ANN, BO, PAT = (full_id(f"005XX000000000{n}") for n in (1, 2, 3))  # Pat has left
DEAL, ACCOUNT, USER = Target("opportunity"), Target("account"), Target("user")
STATEMENT = Target("Statement__c", "Key__c")
TASK = Target("task", "Sales_Key__c")
QUOTA, IN_TERRITORY = Target("forecasting_quota"), Target("territory_account")

FIELDS = (
    FieldNeed("opportunity", "Earned__c", "Earned", "", FieldKind.MONEY),
    FieldNeed("opportunity", "Share__c", "Share", "", FieldKind.PERCENT),
    FieldNeed("opportunity", "Words__c", "Words", "", FieldKind.TEXT),
    FieldNeed("opportunity", "Story__c", "Story", "", FieldKind.LONG_TEXT),
    FieldNeed("opportunity", "Day__c", "Day", "", FieldKind.DAY),
    FieldNeed("opportunity", "At__c", "At", "", FieldKind.MOMENT),
    FieldNeed("opportunity", "Hidden__c", "Hidden", "", FieldKind.TEXT),
    FieldNeed("account", "Territory__c", "Territory", "", FieldKind.TEXT),
    FieldNeed("user", "Won__c", "Won", "", FieldKind.MONEY),
    FieldNeed(STATEMENT.object, STATEMENT.key, "Key", "", FieldKind.KEY),
    FieldNeed(STATEMENT.object, "Earned__c", "Earned", "", FieldKind.MONEY),
    FieldNeed(STATEMENT.object, "Words__c", "Words", "", FieldKind.TEXT),
    FieldNeed("task", TASK.key, "Key", "", FieldKind.KEY),
)
NEEDS = Needs((ObjectNeed(STATEMENT.object, "Statement", "Statements", ""),), FIELDS)


def deal(number: int) -> str:
    """The id of a deal, as Salesforce gives it."""
    return full_id(f"006XX{number:010}")


def account(number: int) -> str:
    return full_id(f"001XX{number:010}")


def build_org(folder: Path, *, deals: int = 210) -> Path:
    """A folder that `opened` makes orgs of: the records of a small company, and every field that is written."""
    user = {"UserType": "Standard", "TimeZoneSidKey": "America/New_York"}
    users = [
        user | {"Id": name[:15], "Name": text, "LastName": text, "IsActive": active, "Email": f"{text}@acme.example"}
        | {"Username": f"{text}@acme.example"}
        for name, text, active in ((ANN, "Ann", "true"), (BO, "Bo", "true"), (PAT, "Pat", "false"))
    ]  # fmt: skip
    tables: dict[str, list[dict[str, str]]] = {
        "User": users,
        "Account": [{"Id": account(n)[:15], "Name": f"Acme {n}", "OwnerId": BO[:15]} for n in range(1, 6)],
        "Opportunity": [
            {
                "Id": deal(n)[:15],
                "Name": f"Deal {n}",
                "AccountId": account(1 + n % 5)[:15],
                "OwnerId": BO[:15],
                "StageName": "Prospecting",
                "Amount": f"{n}.10",
                "CloseDate": "2026-03-31",
            }
            for n in range(1, deals + 1)
        ],
        "CurrencyType": [
            {"Id": f"01LXX000000000{n}", "IsoCode": code, "ConversionRate": rate, "DecimalPlaces": "2"}
            | {"IsActive": "true", "IsCorporate": corporate}
            for n, code, rate, corporate in ((1, "USD", "1", "true"), (2, "EUR", "0.9", "false"))
        ],
        "ForecastingType": [
            {"Id": "0DbXX0000000001", "DeveloperName": "Revenue", "MasterLabel": "Revenue", "IsActive": "true"}
            | {"IsAmount": "true", "IsQuantity": "false"}
        ],
        "Territory2Model": [{"Id": "0MAXX0000000001", "Name": "FY26", "DeveloperName": "FY26", "State": "Active"}],
        "Territory2Type": [
            {"Id": "0M5XX0000000001", "MasterLabel": "Named", "DeveloperName": "Named", "Priority": "1"}
        ],
        "Territory2": [
            {"Id": "0MIXX0000000001", "Name": "West", "DeveloperName": "West", "Territory2ModelId": "0MAXX0000000001"}
            | {"Territory2TypeId": "0M5XX0000000001"}
        ],
    }  # fmt: skip
    raw = folder / "raw"
    raw.mkdir()
    with opened(write_export(raw, tables)) as org:
        outcomes = list(org.connector.provision(org.connector.missing(NEEDS)))
        assert {outcome.status for outcome in outcomes} == {Status.WRITTEN}, outcomes
        org.sandbox.database.rows("VACUUM INTO ?", (str(folder / "filled.db"),))
    shutil.rmtree(raw)
    return folder


@dataclass
class KeptJobs:
    """What a store keeps of bulk jobs. `watch` is called with each that is begun."""

    begun_jobs: list[tuple[str, Target, list[str]]] = field(default_factory=list)
    ended_jobs: list[str] = field(default_factory=list)
    watch: Callable[[str], None] = lambda _: None

    def begun(self, job: str, target: Target, names: Sequence[str]) -> None:
        self.begun_jobs.append((job, target, list(names)))
        self.watch(job)

    def ended(self, job: str) -> None:
        self.ended_jobs.append(job)


@dataclass
class WrittenOrg:
    """An org to write to."""

    org: SandboxOrg
    jobs: KeptJobs

    def write(self, target: Target, values: Mapping[str, Mapping[str, str | None]]) -> dict[str, Outcome]:
        """The outcomes by name; one for each write."""
        writes = [RecordWrite(name, each) for name, each in values.items()]
        outcomes = list(self.org.connector.write(target, writes, self.jobs))
        assert sorted(outcome.name for outcome in outcomes) == sorted(values)
        return {outcome.name: outcome for outcome in outcomes}

    def stands(self, target: Target, fields: Sequence[str], names: Sequence[str]) -> dict[str, Standing]:
        return self.org.connector.standing(target, fields, names)

    def values(self, target: Target, name: str, *fields: str) -> list[str | None]:
        """What stands in one record."""
        [standing] = self.stands(target, fields, [name]).values()
        return [standing.values[each] for each in fields]

    def count(self, sobject: str) -> int:
        rows = self.org.connector._session.query(f"SELECT COUNT() FROM {sobject} WHERE IsDeleted = false")
        return int(rows["totalSize"])

    def rule(self, sobject: str, formula: str, message: str) -> None:
        """A validation rule that refuses records while the formula is true."""
        metadata = {"active": True, "errorConditionFormula": formula, "errorMessage": message}
        body = {"FullName": f"{sobject}.Rule_{len(message)}", "Metadata": metadata}
        self.org.connector._session.send("POST", "tooling/sobjects/ValidationRule", json.dumps(body))

    def heal(self) -> None:
        """From now on, nothing befalls requests."""
        verify = str(self.org.sandbox.ca_file)
        answer = requests.delete(f"{self.org.sandbox.url}/sandbox/faults", verify=verify, timeout=30)
        assert answer.ok, answer.text

    def forward(self, seconds: float) -> None:
        self.org.forward(timedelta(seconds=seconds))

    def wait(self, jobs: KeptJobs) -> None:
        """Return once the CRM has ended the jobs."""
        for job, _, _ in jobs.begun_jobs:
            while self.org.connector._session.get(f"jobs/ingest/{job}")["state"] != "JobComplete":
                pass

    def fault(self, kind: str, path: str, **more: Any) -> None:
        self.org.fault(kind, path=path, **more)


@contextmanager
def writing_to(data: Path, **wanted: Any) -> Iterator[WrittenOrg]:
    with opened(data, **{"currency": "EUR", **wanted}) as org:
        yield WrittenOrg(org, KeptJobs())
