"""What a user interface asks at start-up: recent records, tabs, themes, apps, actions, approvals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.tooling.setup_query import recent
from connectors.sandbox.salesforce.web import Answer

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.schema.spec import SObject
    from connectors.sandbox.salesforce.web import Call, Routes


_MOST_RECENT = 200


def get_recent(call: Call) -> Answer:
    """The records that were looked at last, as queries FOR VIEW and the header of what is written note it."""
    limit = call.query.get("limit", "200")
    if not (limit.isascii() and limit.isdigit()) or not 0 < int(limit[:9]) <= _MOST_RECENT:
        raise ApiError("INVALID_INPUT", f"limit must lie between 1 and {_MOST_RECENT}, not {limit}")
    return Answer([_item(call, row) for row in recent(call, int(limit))])


def _item(call: Call, row: dict[str, Any]) -> dict[str, Any]:
    url = f"{call.root}/sobjects/{row['Type']}/{row['Id']}"
    return {"attributes": {"type": row["Type"], "url": url}, "Name": row["Name"], "Id": row["Id"]}


def get_tabs(call: Call) -> Answer:
    """A tab for every object that a layout can show."""
    return Answer([_tab(call, found) for found in _shown(call)])


def _shown(call: Call) -> list[SObject]:
    return [found for found in call.catalog.objects.values() if "l" in found.abilities]


def _tab(call: Call, found: SObject) -> dict[str, Any]:
    return {
        "colors": [],
        "custom": found.custom,
        "iconUrl": "",
        "icons": [],
        "label": found.plural,
        "miniIconUrl": "",
        "name": f"standard-{found.name}" if not found.custom else found.name,
        "sobjectName": found.name,
        "url": f"{call.base_url}/{found.prefix}/o",
    }


def get_theme(call: Call) -> Answer:
    """The objects' icons and colours: a sandbox has drawn none."""
    return Answer({"themeItems": [{"colors": [], "icons": [], "name": found.name} for found in _shown(call)]})


def get_app_menu(_: Call) -> Answer:
    """The items of an app menu: the sandbox has no apps to switch between."""
    return Answer({"appMenuItems": []})


def get_actions(call: Call) -> Answer:
    """Where the two kinds of invocable actions stand."""
    return Answer({kind: f"{call.root}/actions/{kind}" for kind in ("standard", "custom")})


def get_no_actions(_: Call) -> Answer:
    """The actions of that kind: no action can be invoked in a sandbox."""
    return Answer({"actions": []})


def get_quick_actions(_: Call) -> Answer:
    return Answer([])


def get_approvals(_: Call) -> Answer:
    """The approval processes: there are none."""
    return Answer({"approvals": {}})


def post_approvals(call: Call) -> Answer:
    """The refusal of a record that no approval process is for."""
    body = call.json_object("requests")
    if not isinstance(body.get("requests"), list) or not body["requests"]:
        raise ApiError("INVALID_INPUT", "requests must be a list of approval requests")
    raise ApiError("NO_APPLICABLE_PROCESS", "No applicable approval process was found.")


ROUTES: Routes = {
    "/recent": {"GET": get_recent},
    "/tabs": {"GET": get_tabs},
    "/theme": {"GET": get_theme},
    "/appMenu/AppSwitcher": {"GET": get_app_menu},
    "/appMenu/Salesforce1": {"GET": get_app_menu},
    "/actions": {"GET": get_actions},
    "/actions/standard": {"GET": get_no_actions},
    "/actions/custom": {"GET": get_no_actions},
    "/quickActions": {"GET": get_quick_actions},
    "/process/approvals": {"GET": get_approvals, "POST": post_approvals},
}
