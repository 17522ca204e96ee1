"""The chain of the audit: whatever is done to it is found."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from typer.testing import CliRunner

from hub.cli import app
from hub.core.chain import NOTHING, Head, chained, compared, verified
from hub.platform.settings import Settings
from hub.runtime import audit_log
from hub.stages.auditing import HEAD, AuditHandler, auditing, read_head
from hub.stages.errors import PermanentError
from hub.stages.stage import Record
from schemas import heartbeats
from schemas.audit import AuditEntry, ChainedEntry
from schemas.topics import AUDIT

AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


def entry(number, **changes):
    said = {
        "actor": f"prs-{number % 3}",
        "action": "identity.look",
        "subjects": (f"chd-{number}",),
        "why": "é",
        "at": AT,
    }
    return AuditEntry(**(said | changes))


def chain(number, since=None):
    made, head = [], since or Head()
    for each in range(number):
        placed, head = chained(entry(each).model_dump(mode="json"), head)
        made.append(placed)
    return made


def looked(entries):
    return verified(enumerate(orjson.dumps(each) for each in entries))


def kinds(entries):
    return [each.kind for each in looked(entries).breaks]


def test_a_whole_chain_is_whole():
    found = looked(chain(5))
    assert (found.first, found.head.seq, found.before, found.breaks) == (1, 5, 0, ())
    assert looked([]).first is None
    for each in chain(3):
        ChainedEntry.model_validate(each)


def test_one_that_was_taken_out_is_found():
    entries = chain(5)
    del entries[2]
    (found,) = looked(entries).breaks
    assert (found.kind, found.seq) == ("missing", 3)


@pytest.mark.parametrize(
    ("field", "value"), [("why", "other"), ("actor", "x"), ("subjects", []), ("at", "2020"), ("new", 1)]
)
def test_one_that_was_changed_is_found(field, value):
    entries = chain(5)
    entries[2][field] = value
    (found,) = looked(entries).breaks
    assert (found.kind, found.seq) == ("changed", 3)


def test_one_that_was_changed_with_its_hash_is_found_by_the_next():
    entries = chain(5)
    head = Head(2, entries[1]["hash"])
    entries[2], _ = chained(entry(99).model_dump(mode="json"), head)
    assert kinds(entries) == ["changed"]


def test_two_that_changed_places_are_found():
    entries = chain(5)
    entries[1], entries[3] = entries[3], entries[1]
    assert "out-of-order" in kinds(entries)


def test_one_that_was_put_in_is_found():
    entries = chain(5)
    placed, _ = chained(entry(99).model_dump(mode="json"), Head(2, entries[1]["hash"]))
    assert kinds([*entries[:2], placed, *entries[2:]])
    loose = entry(99).model_dump(mode="json")
    assert kinds([*entries[:2], loose, *entries[2:]]) == ["not-chained"]
    assert kinds([*entries[:2], entries[1], *entries[2:]]) == ["out-of-order"]


def test_what_can_not_be_read_is_found():
    for value in (b"", b"[]", b"\xff"):
        records = [(n, orjson.dumps(each)) for n, each in enumerate(chain(2))] + [(2, value)]
        assert [each.kind for each in verified(records).breaks] == ["unread"]


def test_entries_from_before_the_chain_are_told_apart():
    loose = [entry(number).model_dump(mode="json") for number in range(2)]
    found = looked([*loose, *chain(2)])
    assert (found.before, found.breaks) == (2, ())


def test_a_first_entry_that_is_chained_to_something_is_found():
    assert kinds(chain(2, Head(0, "a" * 64))) == ["changed"]
    assert chain(1)[0]["previous"] == NOTHING


@examples(max_examples=200, deadline=None)
@given(st.data())
def test_whatever_else_is_done_to_it_is_found(data):
    entries = chain(6)
    done = data.draw(
        st.permutations(entries).flatmap(lambda order: st.sets(st.integers(0, 5)).map(lambda cut: (order, cut)))
    )
    order, cut = done
    left = [each for number, each in enumerate(order) if number not in cut]
    # What is gone from either end is seen by where the stage stands, and by how old the first one is.
    within = any(left == entries[begin : begin + len(left)] for begin in range(6))
    assert bool(looked(left).breaks) == (not within)


def test_a_copy_that_was_written_anew_differs_from_the_one_elsewhere():
    ours, anew = chain(5), chain(2)
    head = Head(2, anew[1]["hash"])
    for number in range(3):
        placed, head = chained(entry(number, why="rewritten").model_dump(mode="json"), head)
        anew.append(placed)
    assert looked(anew).breaks == ()
    assert [each.seq for each in compared(looked(anew).hashes, looked(ours).hashes)] == [3]
    assert list(compared(looked(ours).hashes, looked(ours[:3]).hashes)) == []


class Memory(dict):
    def put(self, key, value):
        self[key] = value


def records(*values):
    return [Record("hub.audit.intake", 0, n, b"k", value) for n, value in enumerate(values)]


@examples(max_examples=50, deadline=None)
@given(cuts=st.lists(st.integers(1, 4), max_size=5))
def test_the_stage_makes_one_chain_however_it_is_cut(cuts):
    values = [entry(number).model_dump_json().encode() for number in range(10)]
    state, handler, made = Memory(), AuditHandler(), []
    while values:
        size = cuts.pop() if cuts else 3
        batch, values = values[:size], values[size:]
        made += handler.handle(records(*batch), state).outputs
    assert {output.topic for output in made} == {AUDIT.name}
    found = verified(enumerate(output.value for output in made))
    assert (found.first, found.head, found.breaks) == (1, read_head(state[HEAD]), ())


def test_a_heartbeat_takes_no_place_in_the_chain():
    beat = Record("hub.audit.intake", 0, 0, heartbeats.KEY, heartbeats.VALUE, heartbeats.first_headers(6, 1.0))
    state = Memory()
    step = AuditHandler().handle([beat], state)
    assert (step.consumed, step.outputs, read_head(state[HEAD])) == (1, [], Head())
    (first,) = AuditHandler().handle([beat, *records(entry(1).model_dump_json().encode()), beat], state).outputs
    assert orjson.loads(first.value)["seq"] == 1


async def test_a_stage_that_has_taken_heartbeats_alone_has_a_whole_chain(monkeypatch):
    assert await breaks_of(monkeypatch, [], audit_log.Standing(Head())) == []


def test_what_is_no_entry_is_poison_and_what_is_beside_it_is_dropped():
    with pytest.raises(PermanentError):
        AuditHandler().handle(records(b"{}"), Memory())
    assert auditing().sources == ("hub.audit.intake",)
    with pytest.raises(ValueError, match=r"not enough|unpack|values"):
        read_head(b"[1]")


def kafka(monkeypatch, entries, standing, written=AT):
    """What Kafka holds: these entries, each record of that time, and what the stage says."""

    async def read(_settings):
        for number, each in enumerate(entries):
            yield audit_log.Stamped(number, orjson.dumps(each), int(written.timestamp() * 1000))

    async def known(_settings):
        return standing

    monkeypatch.setattr(audit_log, "stamped", read)
    monkeypatch.setattr(audit_log, "standing", known)


async def breaks_of(monkeypatch, entries, standing, now=AT, backup=None, **more):
    kafka(monkeypatch, entries, standing, **more)
    copy = None if backup is None else looked(backup)
    return [each.kind for each in (await audit_log.verify(None, now, copy))[1]]


def stands(entries):
    return audit_log.Standing(Head(len(entries), entries[-1]["hash"]))


LOST = audit_log.Standing(None, lost=True)
EXPIRED = AT + timedelta(days=2921)


async def test_what_is_cut_off_at_the_end_is_found_by_where_the_stage_stands(monkeypatch):
    entries = chain(5)
    known = stands(entries)
    assert await breaks_of(monkeypatch, entries, known) == []
    assert await breaks_of(monkeypatch, entries[:3], known) == ["cut-off"]
    assert await breaks_of(monkeypatch, [], known) == ["cut-off"]
    assert await breaks_of(monkeypatch, entries, audit_log.Standing(Head(5, "b" * 64))) == ["differs"]
    assert await breaks_of(monkeypatch, entries, stands(entries[:4])) == []


async def test_what_is_gone_from_the_beginning_is_found_unless_it_expired(monkeypatch):
    entries = chain(5)
    assert await breaks_of(monkeypatch, entries[2:], stands(entries)) == ["missing"]
    assert await breaks_of(monkeypatch, entries[2:], stands(entries), EXPIRED) == []


async def test_how_old_entries_are_is_the_records_word_and_not_their_writers(monkeypatch):
    made, head = [], Head()
    for number in range(5):
        said = entry(number).model_dump(mode="json") | ({"at": "2016-01-01T00:00:00Z"} if number == 2 else {})
        placed, head = chained(said, head)
        made.append(placed)
    assert await breaks_of(monkeypatch, made[2:], stands(made)) == ["missing"]
    assert await breaks_of(monkeypatch, made[2:], stands(made), backup=made) == ["missing", "missing"]


async def test_a_chain_whose_state_is_lost_is_not_whole(monkeypatch):
    assert await breaks_of(monkeypatch, chain(3), LOST) == ["state-lost"]
    assert await breaks_of(monkeypatch, chain(3), audit_log.Standing(None)) == ["state-lost"]
    assert await breaks_of(monkeypatch, [], LOST) == ["state-lost"]
    assert await breaks_of(monkeypatch, [], audit_log.Standing(None)) == []


async def test_what_a_backup_has_and_we_have_not_is_found_whatever_the_state_says(monkeypatch):
    """With all rights to Kafka somebody can make the state fit a chain that was cut."""
    entries = chain(6)
    assert await breaks_of(monkeypatch, entries[:3], stands(entries[:3]), backup=entries) == ["cut-off"]
    assert await breaks_of(monkeypatch, [], audit_log.Standing(None), backup=entries) == ["cut-off"]
    gone = entries[:2] + entries[3:]
    assert await breaks_of(monkeypatch, gone, stands(entries), backup=entries) == ["missing", "missing"]
    assert await breaks_of(monkeypatch, entries, stands(entries), backup=entries[:4]) == []
    assert await breaks_of(monkeypatch, entries[2:], stands(entries), EXPIRED, entries) == []


def test_each_run_of_what_is_missing_is_one_break():
    ours, theirs = looked(chain(9)).hashes, looked(chain(9)).hashes
    left = {seq: each for seq, each in ours.items() if seq in (3, 5, 6)}
    found = [(each.kind, each.words.removesuffix(" of the copy not there")) for each in compared(left, theirs)]
    assert found == [("missing", "entries 1 to 2"), ("missing", "entry 4"), ("cut-off", "entries 7 to 9")]
    assert [each.seq for each in compared(left, theirs, 3)] == [4, 7]


class Sent:
    def __init__(self, **_said):
        Sent.values = []

    async def start(self):
        pass

    async def stop(self):
        pass

    async def send_and_wait(self, _topic, value, *_more, **_headers):
        Sent.values.append(value)


async def resumed(monkeypatch, entries, backup=None, standing=LOST):
    async def nothing(*_said):
        return {}

    kafka(monkeypatch, entries, standing)
    monkeypatch.setattr(audit_log.groups, "require_stopped", nothing)
    monkeypatch.setattr(audit_log.groups, "offsets", nothing)
    monkeypatch.setattr(audit_log, "AIOKafkaProducer", Sent)
    Sent.values = []
    return await audit_log.resume(Settings(kafka="nowhere:1"), AT, None if backup is None else looked(backup))


async def test_the_stage_goes_on_after_a_whole_chain(monkeypatch):
    entries = chain(4)
    assert await resumed(monkeypatch, entries) == Head(4, entries[3]["hash"])
    assert read_head(Sent.values[-1]) == Head(4, entries[3]["hash"])
    assert (await resumed(monkeypatch, entries, entries[:2])).seq == 4


async def test_the_stage_does_not_go_on_after_a_broken_chain_unless_the_backup_was_so(monkeypatch):
    entries = chain(5)
    gone = entries[:1] + entries[2:]
    for left, backup, known in (
        (gone, None, LOST),
        (gone, entries, LOST),
        (entries[:3], entries, LOST),
        (entries[2:], None, LOST),
        (entries[:3], None, stands(entries)),
        ([], entries, LOST),
    ):
        with pytest.raises(audit_log.ChainBroken, match="not there"):
            await resumed(monkeypatch, left, backup, known)
        assert Sent.values == []
    assert (await resumed(monkeypatch, gone, gone)).seq == 5


def test_the_command_asks_for_the_backup_or_that_there_is_none():
    for named in ([], ["--from-backup", "x", "--without-backup"]):
        done = CliRunner().invoke(app, ["audit", "resume", "--why", "a test", *named])
        assert (done.exit_code, "--without-backup" in done.output) == (2, True)


def test_the_command_says_whether_a_copy_is_whole(tmp_path):
    file = tmp_path / "audit.jsonl"
    file.write_bytes(b"\n".join(map(orjson.dumps, chain(4))))
    done = CliRunner().invoke(app, ["audit", "verify", "--offline", "--from-backup", str(file)])
    assert (done.exit_code, "entries 1 to 4" in done.output) == (0, True), done.output
    entries = chain(4)
    entries[1]["why"] = "another"
    file.write_bytes(b"\n".join(map(orjson.dumps, entries)))
    done = CliRunner().invoke(app, ["audit", "verify", "--offline", "--from-backup", str(file)])
    assert (done.exit_code, "broken (changed): entry 2" in done.output) == (1, True), done.output
    assert CliRunner().invoke(app, ["audit", "verify", "--offline"]).exit_code == 2
