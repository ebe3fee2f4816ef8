"""Every path of HubSpot's API that we call, in the version that a connection speaks.

HubSpot retires the numbered APIs (v4 on 30 March 2027, v1 to v3 in September 2027) for dated ones with the same bodies,
whose paths have the version behind the family: `/crm/v3/objects/deals` becomes `/crm/objects/2026-03/deals` (API
reference, "2026-03 API reference"; currencies and deal splits from their own pages there).
"""

from __future__ import annotations

from dataclasses import dataclass

NUMBERED = "v3"


def is_search(path: str) -> bool:
    """Whether the path is the search of an object type, in any version: it has a limit of its own."""
    return path.endswith("/search")


@dataclass(frozen=True, slots=True)
class Paths:
    """The paths of one version: "v3", which stands for v3 and v4, or a dated one ("2026-03").

    >>> Paths("v3").objects("deals"), Paths("2026-03").objects("deals")
    ('/crm/v3/objects/deals', '/crm/objects/2026-03/deals')
    """

    version: str = NUMBERED

    def _under(self, area: str, family: str, number: str = NUMBERED) -> str:
        if self.version == NUMBERED:
            return "/".join(part for part in (area, number, family) if part)
        return "/".join(part for part in (area, family, self.version) if part)

    @property
    def account(self) -> str:
        """The account itself."""
        return f"{self._under('/account-info', '')}/details"

    @property
    def daily_usage(self) -> str:
        """How many requests of the day are used."""
        return f"{self._under('/account-info', '')}/api-usage/daily/private-apps"

    @property
    def private_app(self) -> str:
        """What the access token of a private app may do; it is in no dated version."""
        return "/oauth/v2/private-apps/get/access-token-info"

    @property
    def introspect(self) -> str:
        """What a token that an app was given may do."""
        return f"{self.token}/introspect"

    @property
    def token(self) -> str:
        """Where an app exchanges its refresh token; its answer has no limit."""
        return f"{self._under('/oauth', '')}/token"

    @property
    def owners(self) -> str:
        """Who may hold records."""
        return self._under("/crm", "owners")

    @property
    def exchange_rates(self) -> str:
        """Every rate that the account's currencies have had."""
        return f"{self._under('/settings', 'currencies')}/exchange-rates"

    @property
    def deal_splits(self) -> str:
        """The splits of deals, by the deals' ids."""
        if self.version == NUMBERED:
            return f"{self.objects('deals')}/splits/batch/read"
        return f"/deal-splits/{self.version}/batch/read"

    def objects(self, crm_type: str) -> str:
        """The records of an object type."""
        return f"{self._under('/crm', 'objects')}/{crm_type}"

    def search(self, crm_type: str) -> str:
        """The search of an object type."""
        return f"{self.objects(crm_type)}/search"

    def batch_read(self, crm_type: str, *, archived: bool = False) -> str:
        """Records by id: the live ones, or the archived."""
        return f"{self.objects(crm_type)}/batch/read{'?archived=true' if archived else ''}"

    def batch_update(self, crm_type: str) -> str:
        """New values for records by id."""
        return f"{self.objects(crm_type)}/batch/update"

    def batch_upsert(self, crm_type: str) -> str:
        """Values for records by a property that no two share; those that are not there are created."""
        return f"{self.objects(crm_type)}/batch/upsert"

    def batch_archive(self, crm_type: str) -> str:
        """Records to archive, by id."""
        return f"{self.objects(crm_type)}/batch/archive"

    @property
    def schemas(self) -> str:
        """The account's custom objects."""
        return f"{self._under('/crm-object-schemas', '')}/schemas"

    def properties(self, crm_type: str) -> str:
        """The property definitions of an object type."""
        return f"{self._under('/crm', 'properties')}/{crm_type}"

    def property_named(self, crm_type: str, name: str) -> str:
        """One property definition."""
        return f"{self.properties(crm_type)}/{name}"

    def property_groups(self, crm_type: str) -> str:
        """The groups that properties are shown in."""
        return f"{self.properties(crm_type)}/groups"

    def pipelines(self, crm_type: str) -> str:
        """The pipelines of an object type, with their stages."""
        return f"{self._under('/crm', 'pipelines')}/{crm_type}"

    def associations(self, from_type: str, to_type: str) -> str:
        """What records of one type are associated with, by id."""
        return f"{self._under('/crm', 'associations', 'v4')}/{from_type}/{to_type}/batch/read"
