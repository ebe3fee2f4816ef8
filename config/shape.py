"""The shape of a model's annotations, for what reads them: messages (which keys may stand here) and the reference."""

from __future__ import annotations

import types
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, Discriminator, RootModel, Tag
from pydantic.fields import FieldInfo

from config.base import Form

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Block:
    """A block of declared keys."""

    model: type[BaseModel]

    def keys(self) -> dict[str, FieldInfo]:
        """The fields of the block by the key that an admin writes; what is excluded no admin does."""
        return {info.alias or name: info for name, info in self.model.model_fields.items() if not info.exclude}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several blocks, told apart by the word under the key `by`."""

    by: str
    blocks: Mapping[str, Block]


@dataclass(frozen=True, slots=True)
class Either:
    """One of several forms, told apart by how they are written; each under the word that pydantic calls it by."""

    forms: Mapping[str, Shape]


@dataclass(frozen=True, slots=True)
class Named:
    """A block of keys that the admin chooses, each with a value of one shape."""

    key: str
    value: Shape


@dataclass(frozen=True, slots=True)
class Listed:
    """A list, each item of one shape."""

    item: Shape


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar: its form in words, and the allowed words where they are a closed set."""

    form: str
    words: tuple[str, ...] = ()


Shape = Block | Choice | Either | Named | Listed | Leaf


def shape_of(annotation: Any, metadata: tuple[object, ...] = ()) -> Shape:
    """The shape of a type annotation of our models."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return shape_of(arguments[0], (*arguments[1:], *metadata))
    forms = [item.words for item in metadata if isinstance(item, Form)]
    if forms and not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return Leaf(forms[-1])
    if origin in (Union, types.UnionType):
        return _one_of([kind for kind in arguments if kind is not types.NoneType], metadata)
    if origin is tuple:
        return Listed(shape_of(arguments[0]))
    if origin is dict:
        key = shape_of(arguments[0])
        return Named(key.form if isinstance(key, Leaf) else "text", shape_of(arguments[1]))
    if origin is Literal:
        return Leaf("word", tuple(map(str, arguments)))
    return _of_class(annotation)


def _of_class(annotation: Any) -> Shape:
    if issubclass(annotation, RootModel):
        return field_shape(annotation.model_fields["root"])
    if issubclass(annotation, BaseModel):
        return Block(annotation)
    if issubclass(annotation, Enum):
        return Leaf("word", tuple(str(member.value) for member in annotation))
    return Leaf("text")


def _one_of(kinds: list[Any], metadata: tuple[object, ...]) -> Shape:
    if len(kinds) == 1:
        return shape_of(kinds[0], metadata)
    if any(isinstance(item, Discriminator) for item in metadata):
        return Either({_tag(kind): shape_of(kind) for kind in kinds})
    return _choice(kinds, metadata)


def field_shape(info: FieldInfo) -> Shape:
    """The shape of a model's field."""
    metadata = [*info.metadata, info]
    return shape_of(info.annotation, tuple(metadata))


def _tag(kind: Any) -> str:
    return next(str(item.tag) for item in get_args(kind)[1:] if isinstance(item, Tag))


def _choice(kinds: list[Any], metadata: tuple[object, ...]) -> Choice:
    by = next(str(item.discriminator) for item in metadata if isinstance(item, FieldInfo) and item.discriminator)
    blocks: dict[str, Block] = {}
    for kind in kinds:
        (word,) = get_args(kind.model_fields[by].annotation)
        blocks[word] = Block(kind)
    return Choice(by, blocks)
