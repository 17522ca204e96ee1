"""What is published: complete, kept, compatible; and what the check says when it is not."""

import json
import shutil

import jsonschema
import pytest

from schemas.publication import archive
from schemas.publication.archive import NotPublishable, Version, pending, publish, versions
from schemas.publication.contracts import CONTRACTS, HEADERS
from schemas.publication.judge import breaks
from schemas.publication.views import written
from schemas.versions import VERSIONS, versioned
from tests.support.readmodel import alert, child, deadline, review


def test_everything_is_published_as_it_is():
    assert pending() == [], "run: python -m schemas.publication"


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.topic.name)
def test_each_version_is_compatible_with_all_of_its_major(contract):
    known = versions(contract.topic.name)
    for version, schema in known.items():
        jsonschema.Draft202012Validator.check_schema(schema)
        for other, earlier in known.items():
            if other.major == version.major and other < version:
                assert breaks(earlier, schema) == [], (other, version)


def test_each_topic_with_a_version_has_a_contract():
    assert {contract.topic.name for contract in CONTRACTS} == set(VERSIONS)
    assert {header for contract in CONTRACTS for header in contract.headers} == set(HEADERS)


@pytest.mark.parametrize("record", [child(0), deadline(0), alert(0), review(0)], ids=lambda record: record.topic)
def test_what_is_published_says_what_records_are(record):
    """A record fits; with a member that is no model's, it fits readers and no writer; without a needed one, neither."""
    _, schema = archive.newest(record.topic)
    value = json.loads(record.value)
    reader, writer = jsonschema.Draft202012Validator(schema), jsonschema.Draft202012Validator(written(schema))
    assert reader.is_valid(value)
    assert writer.is_valid(value)
    more = value | {"something": "new"}
    assert (reader.is_valid(more), writer.is_valid(more)) == (True, False)
    needed = "child_id" if record.topic != "hub.review" else "id"
    assert not reader.is_valid({name: each for name, each in value.items() if name != needed})


class Shape:
    """A contract whose shape a test says, and a folder of its own."""

    def __init__(self, folder, monkeypatch):
        self.folder, self._monkeypatch = folder, monkeypatch
        self.topic = CONTRACTS[2].topic

    def is_now(self, version=1, needed=("a",), **members):
        schema = {"type": "object", "properties": members, "required": list(needed), "additionalProperties": False}
        self._monkeypatch.setattr(archive, "CONTRACTS", (CONTRACTS[2]._replace(make=lambda: schema),))
        self._monkeypatch.setitem(VERSIONS, self.topic.name, version)

    def published(self):
        return [str(version) for version in versions(self.topic.name, self.folder)]


@pytest.fixture
def shape(tmp_path, monkeypatch):
    return Shape(tmp_path, monkeypatch)


TEXT, WHOLE = {"type": "string"}, {"type": "integer"}


def test_a_compatible_change_is_a_revision_and_another_a_version(shape):
    shape.is_now(a=TEXT)
    assert publish(shape.folder) == ["hub.alerts/1.0.json"]
    assert publish(shape.folder) == []
    shape.is_now(a=TEXT, b=TEXT)
    assert "1.1 is to be published" in pending(shape.folder)[0]
    publish(shape.folder)
    shape.is_now(a=WHOLE, b=TEXT)
    with pytest.raises(NotPublishable, match=r"hub\.alerts 1\.0: /a: (.*\n)+hub\.alerts: raise it to 2"):
        publish(shape.folder)
    assert shape.published() == ["1.0", "1.1"]
    shape.is_now(version=2, a=WHOLE, b=TEXT)
    publish(shape.folder)
    assert shape.published() == ["1.0", "1.1", "2.0"]
    assert pending(shape.folder) == []


def test_compatible_is_with_every_earlier_version_not_with_the_last_alone(shape):
    shape.is_now(a=TEXT, b=TEXT)
    publish(shape.folder)
    shape.is_now(a=TEXT)
    publish(shape.folder)
    shape.is_now(a=TEXT, b=WHOLE)
    assert breaks(versions(shape.topic.name, shape.folder)[Version(1, 1)], archive.CONTRACTS[0].schema) == []
    with pytest.raises(NotPublishable, match=r"hub.alerts 1\.0: /b"):
        publish(shape.folder)


def test_a_version_follows_the_last(shape):
    shape.is_now(a=TEXT)
    publish(shape.folder)
    shape.is_now(version=3, a=WHOLE)
    with pytest.raises(NotPublishable, match="follows no published one"):
        publish(shape.folder)


def test_words_alone_make_no_version(shape):
    shape.is_now(a=TEXT)
    publish(shape.folder)
    shape.is_now(a=TEXT | {"description": "what it says"})
    assert "words have changed" in pending(shape.folder)[0]
    assert publish(shape.folder) == ["hub.alerts/1.0.json"]
    assert shape.published() == ["1.0"]


@pytest.mark.parametrize("harm", ["gone", "another now", "not known"])
def test_what_was_published_is_kept(shape, harm):
    shape.is_now(a=TEXT)
    publish(shape.folder)
    shape.is_now(a=TEXT, b=TEXT)
    publish(shape.folder)
    file = shape.folder / "hub.alerts" / "1.0.json"
    if harm == "gone":
        file.unlink()
    elif harm == "another now":
        file.write_text(file.read_text().replace("string", "integer"))
    else:
        shutil.copy(file, file.with_name("1.7.json"))
    assert any(harm in words for words in pending(shape.folder))
    with pytest.raises(NotPublishable, match=harm):
        publish(shape.folder)


def test_a_record_says_its_version_once():
    assert versioned("hub.alerts", (("id", b"x"),)) == [("id", b"x"), ("schema", b"1")]
    assert versioned("hub.alerts", (("schema", b"7"),)) == [("schema", b"7")], "put back, it says what it is"
    assert versioned("hub.casework.state", ()) == []
