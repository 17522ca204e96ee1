"""The AsyncAPI document: as it is made, of sound references, and as AsyncAPI's own schema wants it."""

import json

import jsonschema
import pytest

from schemas.publication.__main__ import text
from schemas.publication.asyncapi import DOCUMENT, document
from schemas.topics import TOPICS
from tests.support.processes import PROJECT

OFFICIAL = PROJECT / ".cache" / "asyncapi" / "3.0.0.json"


def test_it_is_made_anew():
    assert DOCUMENT.read_text() == text(), "run: python -m schemas.publication"


def test_every_reference_leads_somewhere():
    made = document()
    references = list(_references(made))
    assert len(references) > 100
    for reference in references:
        place = made
        for name in reference.removeprefix("#/").split("/"):
            place = place[name]


def test_topics_are_the_ones_that_there_are():
    bound = {each["bindings"]["kafka"]["topic"]: each["bindings"]["kafka"]["partitions"] for each in _channels()}
    there = {topic.name: topic.partitions for topic in TOPICS}
    assert bound.items() <= there.items()
    # The hub's own memory, and what is not written yet.
    own = (".state", ".keys", ".intake", ".control")
    assert {name for name in there.keys() - bound.keys() if not name.endswith(own)} <= {"hub.outbox"}


@pytest.fixture(scope="module")
def official():
    """AsyncAPI's own JSON Schema, where the bootstrap has fetched it."""
    if not OFFICIAL.exists():
        pytest.skip("the third-party schema of AsyncAPI is absent: deploy/bootstrap test fetches it where npm is")
    return jsonschema.Draft7Validator(json.loads(OFFICIAL.read_text()))


def test_it_is_valid(official):
    official.validate(document())


def test_the_validator_would_say(official):
    for harm in (
        lambda made: made["operations"]["write.hub.alerts"].update(action="sends"),
        lambda made: made["channels"]["hub.alerts"].update(adress="x"),
        lambda made: made["components"]["messages"]["hub.alerts"]["headers"].update(type="thing"),
        lambda made: made["components"]["schemas"]["hub.alerts"]["properties"]["since"].update(type="day"),
    ):
        made = document()
        harm(made)
        assert not official.is_valid(made)


def _channels():
    return document()["channels"].values()


def _references(value):
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from _references(each)
    if isinstance(value, list):
        for each in value:
            yield from _references(each)
