"""Every path of HubSpot's API that we call, and the version it is called in.

HubSpot retires the numbered APIs (v4 on 30 March 2027, v1 to v3 in September 2027) for dated ones with the same bodies:
`/crm/v3/objects/deals` becomes `/crm/objects/2026-03/deals`. Moving is `Paths("2026-03")`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Paths:
    """Paths below the API's host. `release` is a dated version; None means the numbered ones."""

    release: str | None = None

    @property
    def account(self) -> str:
        return f"/account-info/{self.release or 'v3'}/details"

    @property
    def owners(self) -> str:
        return self._crm("owners")

    def objects(self, crm_type: str) -> str:
        return f"{self._crm('objects')}/{crm_type}"

    def search(self, crm_type: str) -> str:
        return f"{self.objects(crm_type)}/search"

    def batch_read(self, crm_type: str) -> str:
        return f"{self.objects(crm_type)}/batch/read"

    def batch_update(self, crm_type: str) -> str:
        return f"{self.objects(crm_type)}/batch/update"

    def properties(self, crm_type: str) -> str:
        return f"{self._crm('properties')}/{crm_type}"

    def property_groups(self, crm_type: str) -> str:
        return f"{self.properties(crm_type)}/groups"

    def pipelines(self, crm_type: str) -> str:
        return f"{self._crm('pipelines')}/{crm_type}"

    def associations(self, from_type: str, to_type: str) -> str:
        return f"{self._crm('associations', 'v4')}/{from_type}/{to_type}/batch/read"

    def _crm(self, family: str, number: str = "v3") -> str:
        return f"/crm/{number}/{family}" if self.release is None else f"/crm/{family}/{self.release}"


def is_search(path: str) -> bool:
    """Whether the path is the search of an object type, which has a limit of its own."""
    return path.endswith("/search")
