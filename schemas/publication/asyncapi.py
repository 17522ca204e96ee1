"""One AsyncAPI 3.0 document of all topics that others may read, made from the published schemas.

Its schemas are AsyncAPI's own dialect (JSON Schema draft 7): definitions stand together, and lists of fixed places are
written as that draft does.
"""

from pathlib import Path
from typing import Any

from schemas.deadletters import META_HEADER, DeadLetter
from schemas.envelope import Envelope
from schemas.publication.archive import FOLDER, newest
from schemas.publication.contracts import CONTRACTS, HEADERS, Contract
from schemas.publication.views import published
from schemas.topics import COUNCIL_EVENTS, DEADLETTER, NHS_MESSAGES, Topic
from schemas.versions import VERSIONS

DOCUMENT = FOLDER / "asyncapi.json"
_INTRO = """\
What stands on the hub's topics. Read them with isolation level read_committed, keep your offsets with what you make of
the records, and pass over members and kinds that you do not know: docs/consuming.md says how and why. All dates are
Europe/London days, all instants UTC. Values of sealed topics are shown as they are once opened: only the hub can."""
_RAW = {
    "ce_specversion": "1.0",
    "ce_id": "The message's own id, the same for a repeat of the same message.",
    "ce_source": "The registered feed.",
    "ce_type": "How to decode the value.",
    "ce_time": "When the connector received it, RFC 3339 in UTC.",
    "ce_correlationid": "What the sender calls the exchange that it belongs to.",
    "content-type": "Media type of the value once it is opened.",
}


def document(folder: Path = FOLDER) -> dict[str, Any]:
    """The document, of the newest published version of each topic."""
    schemas: dict[str, Any] = {}
    channels, messages, operations = {}, {}, {}
    for contract in CONTRACTS:
        name = _name(contract.topic)
        version, schema = newest(contract.topic.name, folder)
        schemas |= _lifted(name, schema)
        messages[name] = _message(contract, name, str(version))
        channels[name] = _channel(contract.topic, name)
        operations[f"write.{name}"] = _operation(name)
    for topic, headers in ((COUNCIL_EVENTS, _RAW), (NHS_MESSAGES, _RAW), (DEADLETTER, {META_HEADER: "What it is."})):
        name = _name(topic)
        messages[name] = _sealed(topic, headers)
        channels[name] = _channel(topic, name)
        operations[f"write.{name}"] = _operation(name)
    schemas |= _lifted("envelope", published(Envelope.model_json_schema()))
    schemas |= _lifted("deadletter", published(DeadLetter.model_json_schema()))
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "The SEND integration hub: topics",
            "version": "1",
            "description": " ".join(_INTRO.split()),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"schemas": schemas, "messages": messages},
    }


def _name(topic: Topic) -> str:
    return topic.name


def _channel(topic: Topic, name: str) -> dict[str, Any]:
    settings: dict[str, Any] = {"cleanup.policy": [topic.policy], "max.message.bytes": topic.max_message_bytes}
    if topic.policy == "delete":
        settings["retention.ms"] = int(topic.settings["retention.ms"])
    kafka = {"topic": topic.name, "partitions": topic.partitions, "topicConfiguration": settings}
    return {
        "address": topic.name,
        "description": f"{topic.holds[0].upper()}{topic.holds[1:]}.",
        "messages": {"record": {"$ref": f"#/components/messages/{name}"}},
        "bindings": {"kafka": kafka | {"bindingVersion": "0.5.0"}},
    }


def _operation(name: str) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{name}"},
        "messages": [{"$ref": f"#/channels/{name}/messages/record"}],
    }


def _message(contract: Contract, name: str, version: str) -> dict[str, Any]:
    topic = contract.topic
    sealed = f" Sealed on the topic ({topic.sealed}): for the hub alone." if topic.sealed else ""
    gone = f" A record without a value is a tombstone. {contract.tombstone}" if contract.tombstone else ""
    return {
        "name": f"{topic.name}.v{VERSIONS[topic.name]}",
        "title": f"{topic.name} {version}",
        "summary": f"{topic.holds[0].upper()}{topic.holds[1:]}.",
        "description": f"{topic.purpose[0].upper()}{topic.purpose[1:]}.{gone}{sealed}",
        "contentType": "application/json",
        "headers": _headers({header: HEADERS[header] for header in contract.headers}),
        "payload": {"$ref": f"#/components/schemas/{name}"},
        "bindings": {"kafka": _key(contract.key)},
        "x-schema-version": version,
        "x-reader": contract.reader,
    }


def _sealed(topic: Topic, headers: dict[str, str]) -> dict[str, Any]:
    """A topic whose values nobody but the hub can open: what is outside of them."""
    return {
        "name": topic.name,
        "summary": f"{topic.holds[0].upper()}{topic.holds[1:]}.",
        "description": "The value is sealed bytes.",
        "contentType": "application/octet-stream",
        "headers": _headers(headers),
        "payload": {"type": "string", "description": "Sealed bytes, for the hub alone."},
        "bindings": {
            "kafka": _key("The letter's id." if topic is DEADLETTER else "A keyed hash of the source record.")
        },
        "x-reader": "the hub",
    }


def _headers(said: dict[str, str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: {"type": "string", "description": text} for name, text in said.items()},
    }


def _key(words: str) -> dict[str, Any]:
    return {"key": {"type": "string", "description": words}, "bindingVersion": "0.5.0"}


def _lifted(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A schema and its definitions as components, with references and lists as AsyncAPI has them."""
    named = schema.get("$defs", {})
    whole = {key: each for key, each in schema.items() if key != "$defs"}
    return {name: _draft7(whole, name)} | {f"{name}.{each}": _draft7(named[each], name) for each in named}


def _draft7(value: Any, name: str) -> Any:
    if isinstance(value, list):
        return [_draft7(each, name) for each in value]
    if not isinstance(value, dict):
        return value
    found = {key: _draft7(each, name) for key, each in value.items()}
    if isinstance(found.get("$ref"), str):
        found["$ref"] = found["$ref"].replace("#/$defs/", f"#/components/schemas/{name}.")
    if "prefixItems" in found:
        rest = {"additionalItems": found["items"]} if "items" in found else {}
        found |= {"items": found.pop("prefixItems"), **rest}
    return found
