"""The place of our fields on page layouts: a section of their own, read-only, beside what stands there.

Nothing of a layout is removed or moved. Pages that are built of Dynamic Forms do not look at layouts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from connectors.errors import AuthFailed, Rejected
from connectors.salesforce.metadata import RIGHT, build, list_names, read_components, tag, text_of, update_component
from connectors.salesforce.provision_fields import in_short, made_fields
from connectors.salesforce.provision_look import is_right
from connectors.writing import FieldKind, Step, StepKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from xml.etree.ElementTree import Element

    from connectors.salesforce.provision_look import SeenObject, Wanted
    from connectors.salesforce.session import Session

LAYOUT = "Layout"
SECTION = "Sales operations"

_SECTIONS, _COLUMNS, _ITEMS = "layoutSections", "layoutColumns", "layoutItems"


def missing_places(
    session: Session, seen: Mapping[str, SeenObject], wanted: Sequence[Wanted], *, required: bool
) -> Iterator[Step]:
    """A step for each page layout without some of our fields; one for all layouts of an object still to come.

    A login that may not look at layouts is told so where something `required` is missing too: once all that is there,
    it has done what it can.
    """
    shown = [each for each in wanted if each.ours and each.need.kind is not FieldKind.KEY]
    by_object = {
        name: [each for each in shown if each.sobject == name] for name in dict.fromkeys(e.sobject for e in shown)
    }
    if not by_object:
        return
    try:
        names = list_names(session, LAYOUT)
        for sobject, fields in by_object.items():
            of_object = [name for name in names if name.startswith(f"{sobject}-")]
            if sobject in seen or of_object:
                yield from _of_layouts(session, of_object, fields)
            else:
                what = f"section {SECTION} with {_in_short(fields)}, on every layout"
                yield Step(StepKind.LAYOUT, f"{sobject} layouts", what, "", _detail(sobject, "", fields))
    except (Rejected, AuthFailed) as error:
        if isinstance(error, AuthFailed) and not is_right(error):
            raise
        for sobject, fields in by_object.items() if required else ():
            what = f"section {SECTION} with {_in_short(fields)}"
            yield Step(StepKind.LAYOUT, f"{sobject} layouts", what, _unreadable(error))


def place(session: Session, step: Step, without: Collection[str]) -> None:
    """The layouts show the fields afterwards, but for those `without`. Raises ConnectorError where one is refused."""
    sobject, layout = step.detail["object"], step.detail["layout"]
    fields = made_fields(step, without)
    names = [layout] if layout else [name for name in list_names(session, LAYOUT) if name.startswith(f"{sobject}-")]
    try:
        for found in read_components(session, LAYOUT, names):
            if lacking := [name for name in fields if name not in _shown(found)]:
                _add(found, lacking)
                update_component(session, LAYOUT, found)
    except Rejected as error:
        message = f"{unquote(layout or sobject)} cannot be changed: {error} {_by_hand(sobject, step.detail['labels'])}"
        raise Rejected(message, code=error.code) from error


def _of_layouts(session: Session, names: Sequence[str], fields: Sequence[Wanted]) -> Iterator[Step]:
    found = {text_of(each, "fullName"): _shown(each) for each in read_components(session, LAYOUT, names)}
    for name in names:
        sobject = fields[0].sobject
        if name not in found:
            problem = f"It cannot be read. {_by_hand(sobject, _labels(fields))}"
            yield Step(StepKind.LAYOUT, unquote(name), f"section {SECTION}", problem)
        elif lacking := [each for each in fields if each.need.name not in found[name]]:
            what = f"section {SECTION} with {_in_short(lacking)}"
            yield Step(StepKind.LAYOUT, unquote(name), what, "", _detail(sobject, name, lacking))


def _shown(layout: Element) -> set[str]:
    """The names of the fields on a layout."""
    return {text_of(item, "field") for item in layout.iter(tag(_ITEMS))}


def _add(layout: Element, fields: Sequence[str]) -> None:
    """Put fields into our section of a layout, which is made after its last one where there is none."""
    section = next((each for each in layout.iter(tag(_SECTIONS)) if text_of(each, "label") == SECTION), None)
    if section is None:
        section = _new_section()
        # The elements of a component come in the order of their names, after its own (Metadata API's schema).
        position = sum(each.tag == tag("fullName") or each.tag <= tag(_SECTIONS) for each in layout)
        layout.insert(position, section)
    columns = section.findall(tag(_COLUMNS))
    for name in fields:
        shortest = min(columns, key=lambda column: len(column.findall(tag(_ITEMS))))
        item = build(_ITEMS, {"behavior": "Readonly", "field": name})
        shortest.insert(len(shortest.findall(tag(_ITEMS))), item)


def _new_section() -> Element:
    section = build(_SECTIONS, {"customLabel": True, "detailHeading": True, "editHeading": True, "label": SECTION})
    section.extend(build(_COLUMNS, {}) for _ in range(2))
    section.append(build("style", "TwoColumnsTopToBottom"))
    return section


def _detail(sobject: str, layout: str, fields: Sequence[Wanted]) -> dict[str, str]:
    names = " ".join(each.need.name for each in fields)
    return {"object": sobject, "layout": layout, "fields": names, "labels": _labels(fields)}


def _in_short(fields: Sequence[Wanted]) -> str:
    return in_short([each.need.label for each in fields])


def _labels(fields: Sequence[Wanted]) -> str:
    return ", ".join(each.need.label for each in fields)


def _unreadable(error: Exception) -> str:
    return (
        f"The page layouts cannot be read: {error} The right is {RIGHT}. Or add them by hand: Setup, Object Manager, "
        "the object, Page Layouts; drag the fields onto the page, read-only."
    )


def _by_hand(sobject: str, labels: str) -> str:
    return f"Add them by hand: Setup, Object Manager, {sobject}, Page Layouts; drag {labels} onto the page, read-only."
