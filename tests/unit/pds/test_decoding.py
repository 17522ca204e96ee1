"""An answer as intake reads it, and what is none."""

from datetime import date
from typing import Any

import orjson
import pytest

from hub.core.errors import Unreadable
from hub.core.intake import DECODERS
from hub.stages.identity import identity
from hub.stages.intake import IntakeHandler
from hub.stages.stage import Record
from schemas.envelope import Envelope
from schemas.ids import keyed_digest
from schemas.sources import Source
from schemas.traces import CE_TYPE_PDS, PDS, Trace
from tests.unit.identity.people import COUNCIL, KEY, MONDAY, NHS, TRUST, amy, observation
from tests.unit.pds.world import WITH_PDS, Traced

SOURCE = Source(id=PDS, kind="nhs", trusts_nhs_number=True)
ANSWER = {"trace": "t1", "link": "l1", "ask": "retrieve", "result": "found", "answered_at": "2026-09-14T09:00:00Z"}


def envelope(source: str = PDS) -> Envelope:
    return Envelope(id="m1", source=source, type=CE_TYPE_PDS, time=MONDAY)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"{",
        b"[]",
        orjson.dumps({**ANSWER, "result": "sure"}),
        orjson.dumps({**ANSWER, "answered_at": 7}),
        orjson.dumps({**ANSWER, "address": "1 Marker Street"}),
        orjson.dumps({name: value for name, value in ANSWER.items() if name != "link"}),
        orjson.dumps({**ANSWER, "birth_date": "2016-02-30"}),
        orjson.dumps({**ANSWER, "version": -1}),
    ],
)
def test_what_is_no_answer_is_unreadable_and_not_repeated(value: bytes) -> None:
    with pytest.raises(Unreadable) as raised:
        DECODERS[CE_TYPE_PDS](envelope(), value, SOURCE)
    assert "Marker" not in str(raised.value)


def test_no_other_source_answers() -> None:
    with pytest.raises(Unreadable, match="ce_source"):
        DECODERS[CE_TYPE_PDS](envelope(TRUST), orjson.dumps(ANSWER), Source(id=TRUST, kind="nhs"))


def test_an_answer_without_anybody_is_about_its_link_alone() -> None:
    (said,) = DECODERS[CE_TYPE_PDS](envelope(), orjson.dumps({**ANSWER, "result": "none"}), SOURCE).observations
    assert (said.person, said.link, said.effective_on) == (None, "l1", date(2026, 9, 14))


def test_who_is_past_25_is_out_of_scope() -> None:
    counted: list[tuple[str, str]] = []
    handler = IntakeHandler(WITH_PDS, lambda *noted: counted.append(noted))
    value = orjson.dumps({**ANSWER, "number": NHS, "birth_date": "1990-01-02", "names": []})
    record = Record("nhs.messages", 0, 0, b"k", value, envelope().headers())
    step: Any = handler.handle([record], None)  # type: ignore[arg-type]
    assert [output.topic for output in step.outputs] == ["hub.trail"]
    assert counted == [("out-of-scope", PDS)]


def test_a_look_up_leaves_on_hub_traces_under_its_link_and_names_nobody_outside_its_value() -> None:
    world = Traced()
    stage = identity(KEY, WITH_PDS, lambda outcome, source: None)
    assert "hub.traces" in stage.writes
    handler: Any = stage.open(0, world)  # type: ignore[arg-type]
    said = observation(COUNCIL, amy(nhs_number_status="02"))
    record = Record("hub.observations", 0, 0, b"p", said.model_dump_json().encode(), (("id", b"o1"),))
    outputs = [output for output in handler.handle([record], world).outputs if output.topic == "hub.traces"]
    (output,) = outputs
    trace = Trace.model_validate_json(output.value or b"")
    assert output.key == trace.link.encode() == keyed_digest(KEY, "person", COUNCIL, "P1").encode()
    assert dict(output.headers)["id"] == trace.id.encode()
    assert NHS.encode() not in b"".join([output.key, *(value for _, value in output.headers)])
