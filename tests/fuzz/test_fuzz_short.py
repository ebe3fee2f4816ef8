"""A short batch of `make fuzz`: no request that schemathesis makes gets a 5xx."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest
from fuzz_run import operations, target, try_operation

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
def test_no_request_gets_a_server_error(crm: Literal["salesforce", "hubspot"], tmp_path: Path) -> None:
    found = operations(crm)
    with target(crm, tmp_path) as (sandbox, http):
        answered = [try_operation(each, sandbox, http, 4, 1) for each in found]
    assert sum(answered) > 200
