"""The two modules in the collection's XML, as far as the hub can fill it: header, and each person's requests.

A person's own elements are missing; attributes of a namespace of the hub's say whose request it is.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from itertools import groupby

from hub.core.sen2 import cells, filled
from hub.core.sen2.entry import Entry, Stated
from hub.core.sen2.errors import Problem, Unreadable
from hub.core.sen2.rows import ASSESSMENT_FIELDS, REQUEST_FIELDS, Assessment, Field, Request, value
from hub.core.sen2.year import Year

NAMESPACE = "urn:sendhub:sen2"
CHILD, REQUEST, REFERENCE = (f"{{{NAMESPACE}}}{name}" for name in ("child", "request", "case-reference"))
ADDED = frozenset({"requestsource"})
"""Elements that an earlier form of the collection did not have: where no request has one, it is not told."""


def name(year: Year) -> str:
    """The file's name."""
    return f"SEN2_{year.collection}_requests-assessments.xml"


def written(entries: Iterable[Entry], year: Year, area: str | None) -> str:
    """The document. A child's requests stand together."""
    ET.register_namespace("hub", NAMESPACE)
    root = ET.Element("Message")
    header = ET.SubElement(root, "Header")
    details, source = ET.SubElement(header, "CollectionDetails"), ET.SubElement(header, "Source")
    _add(details, ("Collection", "SEN2"), ("Year", str(year.collection)))
    _add(source, ("SourceLevel", "L"), ("LEA", area or ""), ("SoftwareCode", "sendhub"))
    persons = ET.SubElement(root, "Persons")
    ordered = sorted(entries, key=lambda entry: entry.child_id)  # stable: by receipt within a child
    for child_id, group in groupby(ordered, key=lambda entry: entry.child_id):
        person = ET.SubElement(persons, "Person", {CHILD: child_id})
        for entry in group:
            _add_request(person, entry)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _add_request(person: ET.Element, entry: Entry) -> None:
    names = {REQUEST: entry.id} | ({REFERENCE: entry.case_reference} if entry.case_reference else {})
    request = ET.SubElement(person, "Requests", names)
    _fill(request, entry.request, REQUEST_FIELDS)
    if entry.assessment is not None:
        _fill(ET.SubElement(request, "Assessment"), entry.assessment, ASSESSMENT_FIELDS)


def _fill(parent: ET.Element, module: Request | Assessment, fields: tuple[Field, ...]) -> None:
    _add(parent, *((field.name, cells.plain(value(module, field))) for field in fields))


def _add(parent: ET.Element, *elements: tuple[str, str]) -> None:
    for tag, text in elements:
        if text:
            ET.SubElement(parent, tag).text = text


def stated(file: str, content: bytes, year: Year) -> list[Stated]:
    """The requests of a document about a year; raises Unreadable with all that is wrong."""
    root = _root(file, content)
    problems = _other_year(file, root, year)
    persons = [person for group in _children(root, "Persons") for person in _children(group, "Person")]
    if not persons and not problems:
        problems.append(Problem(file, "Persons", "there is no person in the file"))
    places = [
        (f"{file} Person {number}, Requests {count}", element)
        for number, person in enumerate(persons, 1)
        for count, element in enumerate(_children(person, "Requests"), 1)
    ]
    told = _told(element for _, element in places)
    found = [_stated(place, element, told, problems) for place, element in places]
    if problems:
        raise Unreadable(problems)
    return [each for each in found if each is not None]


def _root(file: str, content: bytes) -> ET.Element:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable([Problem(file, "", "not text in UTF-8")]) from None
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise Unreadable([Problem(file, "", "it declares a document type, which a return does not need")])
    try:
        return ET.fromstring(text)  # noqa: S314 - no type, no entities: see above
    except (ET.ParseError, ValueError) as error:
        line = getattr(error, "position", (None, None))[0]
        place = f"{file} line {line}" if line else file
        raise Unreadable([Problem(place, "", "not well-formed XML")]) from None


def _other_year(file: str, root: ET.Element, year: Year) -> list[Problem]:
    found = [element.text or "" for element in root.iter() if _tag(element) == "Year"]
    if found and found[0].strip() != str(year.collection):
        return [Problem(file, "Year", f"not {year.collection}, the collection about {year.number}")]
    return []


def _told(requests: Iterable[ET.Element]) -> frozenset[str]:
    seen = {_tag(each).lower() for request in requests for each in request}
    fields = {field.column for field in (*REQUEST_FIELDS, *ASSESSMENT_FIELDS)}
    return frozenset(fields - (ADDED - seen))


def _stated(place: str, element: ET.Element, told: frozenset[str], problems: list[Problem]) -> Stated | None:
    request = filled.request(_cells(element, REQUEST_FIELDS, place, problems), told, place, problems)
    results = _children(element, "Assessment")
    if len(results) > 1:
        problems.append(Problem(place, "Assessment", "a second assessment of one request"))
    assessment = None
    where = f"{place}, Assessment" if results else None
    if results and where:
        assessment = filled.assessment(_cells(results[0], ASSESSMENT_FIELDS, where, problems), told, where, problems)
    ids = tuple(filter(None, (element.get(REQUEST), element.get(REFERENCE))))
    return None if request is None else Stated(place, ids, request, assessment, where)


def _cells(element: ET.Element, fields: tuple[Field, ...], place: str, problems: list[Problem]) -> dict[str, str]:
    found: dict[str, str] = {}
    for field in fields:
        elements = _children(element, field.name)
        if len(elements) > 1:
            problems.append(Problem(place, field.name, "the element is there twice"))
        if elements:
            found[field.column] = elements[0].text or ""
    return found


def _children(element: ET.Element, tag: str) -> list[ET.Element]:
    return [child for child in element if _tag(child) == tag]


def _tag(element: ET.Element) -> str:
    """An element's name without a namespace; comments have none."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
