"""The files that a calculation keeps: none from beside the project's folder, and the built-in metrics as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from paid import company

from config.catalog_files import CATALOG, read_catalog
from config.loader import load_project
from sync.pay.texts import load_texts, read_texts

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("where", ["../beside/ca.pem", "{absolute}"])
def test_a_certificate_from_elsewhere_is_neither_kept_nor_written(tmp_path: Path, where: str) -> None:
    company(tmp_path / "project")
    ca_file = tmp_path / "beside" / "ca.pem"
    ca_file.parent.mkdir()
    ca_file.write_text("a certificate")
    settings = tmp_path / "project" / "salesops.yaml"
    said = where.format(absolute=ca_file)
    settings.write_text(settings.read_text().replace("crm: hubspot", f"crm: hubspot\n    ca_file: {said}"))
    texts = read_texts(load_project(tmp_path / "project"))
    assert b"a certificate" not in texts.values()
    assert load_texts(texts).settings.connections["crm"].ca_file == said


def test_a_name_that_leads_out_of_the_folder_is_not_written(tmp_path: Path) -> None:
    outside = tmp_path / "outside.yaml"
    texts = read_texts(company(tmp_path / "project"))
    load_texts(texts | {f"metrics/../../../../../..{outside}": b"x", str(outside): b"x"})
    assert not outside.exists()


def test_built_in_metrics_are_those_that_were_kept(tmp_path: Path) -> None:
    texts = read_texts(company(tmp_path / "project"))
    label = read_catalog().model.metrics["won_amount"].label
    name = next(each.file for each in read_catalog().documents if "won_amount" in each.model.metrics)
    then = load_texts(texts | {name: texts[name].replace(f"label: {label}".encode(), b"label: As it was named")})
    assert then.metrics["won_amount"].label == "As it was named"
    assert then.digest != load_texts(texts).digest
    without = {each: text for each, text in texts.items() if not each.startswith(CATALOG)}
    assert load_texts(without).metrics["won_amount"].label == label
