"""The metrics that come with the product: `catalog/*.yaml`, one file for each category."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from config.documents import read_text, type_texts
from config.metrics import MetricFile
from config.project_folder import METRICS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.documents import Document
    from config.inheritance import Whole
    from config.problems import Problem

CATALOG = "built-in metrics"
"""What the names of these files begin with, for people."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """The files by name. `model` is what all of them define; `wholes` what a project's metrics may extend."""

    documents: tuple[Document, ...]
    model: MetricFile
    wholes: Mapping[str, Whole]

    @property
    def problems(self) -> tuple[Problem, ...]:
        return tuple(problem for document in self.documents for problem in document.problems)

    @property
    def categories(self) -> dict[str, tuple[str, ...]]:
        """The names of the metrics of each file, by the name of the file, in its order."""
        return {
            document.file.rpartition("/")[2].removesuffix(".yaml"): tuple(document.model.metrics)
            for document in self.documents
        }


@cache
def read_catalog() -> Catalog:
    """What comes with the product."""
    folder = files("config").joinpath("catalog")
    found = {file.name: file.read_bytes() for file in folder.iterdir() if file.name.endswith(".yaml")}
    return build_catalog(tuple(sorted(found.items())))


@lru_cache(maxsize=4)
def build_catalog(found: tuple[tuple[str, bytes], ...]) -> Catalog:
    """What these files come to, each with its name: those of the product, or of the version that it was once."""
    texts = [read_text(METRICS, f"{CATALOG}/{name}", content) for name, content in found]
    documents, wholes = type_texts(texts, {})
    models: list[MetricFile] = [document.model for document in documents if document.model is not None]
    merged = MetricFile.model_construct(
        metrics={name: each for model in models for name, each in model.metrics.items()},
        dimensions={name: each for model in models for name, each in model.dimensions.items()},
        meanings={name: each for model in models for name, each in model.meanings.items()},
        parameters={name: each for model in models for name, each in model.parameters.items()},
    )
    return Catalog(tuple(documents), merged, wholes)
