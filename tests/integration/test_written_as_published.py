"""What the running hub writes is what is published, member by member: the shapes that readers were promised."""

import json
from collections import Counter

import jsonschema
import pytest

from hub.embedded.system import System
from hub.runtime.partitions import to_record
from schemas.publication.archive import newest
from schemas.publication.contracts import CONTRACTS
from schemas.publication.views import written
from schemas.versions import VERSION_HEADER, VERSIONS
from tests.integration.conftest import COUNCIL
from tests.support.client import client, event, person
from tests.support.sealed import opened
from tests.support.streams import read_all

pytestmark = pytest.mark.asyncio(loop_scope="session")

ASKED = {"heading": "medical", "service": "camhs", "asked": {"role": "icb", "ods": "QU9"}}
RECEIVED = {"from": {"role": "icb", "ods": "QU9"}, "usable": True}


async def test_what_is_written_is_as_published(hub: System) -> None:
    """Every record that other tests of this run left, and some of its own: none has a member that is not published."""
    async with client(hub) as council:
        about = {"subject": {"request": "PUB-1", "advice": "PUB-A"}}
        for told in (
            event("assessment.requested", "PUB-1", person("PUB"), on="2026-05-04", data={"case_reference": "PUB-1"}),
            event("advice.requested", "PUB-A", person("PUB"), on="2026-05-11", data=ASKED, **about),
            event("advice.received", "PUB-R", person("PUB"), on="2026-07-14", data=RECEIVED, **about),
            event("child.moved", "PUB-M", person("PUB"), data={"to_area": "826"}, subject={}),
        ):
            assert (await council.tell(COUNCIL, told)).status_code == 202
        assert await council.child("PUB-1") is not None
    counted: Counter[str] = Counter()
    logs = await read_all(hub.kafka, VERSIONS)
    for contract in CONTRACTS:
        topic = contract.topic.name
        check = jsonschema.Draft202012Validator(written(newest(topic)[1]), format_checker=jsonschema.FormatChecker())
        for record in opened(logs[topic]) if contract.topic.sealed else map(to_record, logs[topic]):
            said = dict(record.headers)
            if record.value is None:
                assert contract.tombstone, f"{topic} has a record without a value"
                continue
            assert not [error.message for error in check.iter_errors(json.loads(record.value))], topic
            assert said.keys() <= set(contract.headers), topic
            counted[topic] += said.get(VERSION_HEADER) == str(VERSIONS[topic]).encode()
    assert all(
        counted[name] for name in ("hub.observations", "hub.facts", "hub.children", "hub.deadlines", "hub.links")
    )
