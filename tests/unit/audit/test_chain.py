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
from hub.runtime import audit_log
from hub.stages.auditing import HEAD, AuditHandler, auditing, read_head
from hub.stages.errors import PermanentError
from hub.stages.stage import Record
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


def test_what_is_no_entry_is_poison_and_what_is_beside_it_is_dropped():
    with pytest.raises(PermanentError):
        AuditHandler().handle(records(b"{}"), Memory())
    assert auditing().sources == ("hub.audit.intake",)
    with pytest.raises(ValueError, match=r"not enough|unpack|values"):
        read_head(b"[1]")


def edges(monkeypatch, entries, head, now=AT):
    async def read(_settings):
        for each in enumerate(orjson.dumps(each) for each in entries):
            yield each

    async def known(_settings):
        return head

    monkeypatch.setattr(audit_log, "entries", read)
    monkeypatch.setattr(audit_log, "head", known)
    return audit_log.verify(None, now)


async def test_what_is_cut_off_at_the_end_is_found_by_where_the_stage_stands(monkeypatch):
    entries = chain(5)
    head = Head(5, entries[4]["hash"])
    assert (await edges(monkeypatch, entries, head))[1] == ()
    assert [each.kind for each in (await edges(monkeypatch, entries[:3], head))[1]] == ["cut-off"]
    assert [each.kind for each in (await edges(monkeypatch, [], head))[1]] == ["cut-off"]
    assert [each.kind for each in (await edges(monkeypatch, entries, Head(5, "b" * 64)))[1]] == ["differs"]
    assert (await edges(monkeypatch, entries, Head(4, entries[3]["hash"])))[1] == ()


async def test_what_is_gone_from_the_beginning_is_found_unless_it_expired(monkeypatch):
    entries = chain(5)[2:]
    (found,) = (await edges(monkeypatch, entries, None))[1]
    assert found.kind == "missing"
    assert (await edges(monkeypatch, entries, None, AT + timedelta(days=2921)))[1] == ()


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
