"""The boundary of the runtime: opened on the way in, sealed on the way out; what becomes of what can't be opened."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from hub.platform.keyring import KeyRing, write_ring
from hub.platform.keys import KeyDestroyed, KeyUnknown, new_ring
from hub.runtime.deadletters import Burial
from hub.runtime.letter_keys import LetterKey, LetterKeys
from hub.runtime.sealing import Boundary
from hub.stages.errors import PermanentError, Unavailable
from hub.stages.stage import Output, Record
from schemas.deadletters import parse
from schemas.topics import COUNCIL_EVENTS, DEADLETTER_KEYS, FACTS, OBSERVATIONS

DAY = date(2026, 11, 2)
AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
HEADERS = (("ce_id", b"m-1"), ("ce_source", b"one-education:825:2022"))
BODY = b'{"given": "Amy"}'


class At:
    day = DAY

    def __call__(self) -> date:
        return self.day


@pytest.fixture
def today() -> At:
    return At()


@pytest.fixture
def ring(tmp_path: Path, today: At) -> KeyRing:
    write_ring(tmp_path / "ring", new_ring(DAY))
    return KeyRing(tmp_path / "ring", today=today)


@pytest.fixture
def boundary(ring: KeyRing) -> Boundary:
    return Boundary(ring)


def record(topic: str, value: bytes | None, headers: tuple[tuple[str, bytes], ...] = HEADERS) -> Record:
    return Record(topic, 0, 7, b"k", value, headers)


def sealed(boundary: Boundary, topic: str = COUNCIL_EVENTS.name) -> Record:
    output = boundary.seal(Output(topic, b"k", BODY, HEADERS))
    return record(topic, output.value)


@pytest.mark.parametrize("topic", [COUNCIL_EVENTS.name, "nhs.messages", OBSERVATIONS.name])
def test_a_value_leaves_sealed_and_is_handed_to_the_stage_in_the_clear(boundary: Boundary, topic: str) -> None:
    there = sealed(boundary, topic)
    assert b'"Amy"' not in (there.value or b"")
    assert boundary.opened([there, there]) == [record(topic, BODY)] * 2


@pytest.mark.parametrize("topic", [FACTS.name, "hub.children", "hub.links", "test.in"])
def test_topics_right_of_identity_stay_as_they_are(boundary: Boundary, topic: str) -> None:
    output = Output(topic, b"k", b"{}")
    assert boundary.seal(output) is output
    records = [record(topic, b"{}")]
    assert boundary.opened(records) is records


def test_a_tombstone_and_the_tickers_words_need_no_key() -> None:
    boundary = Boundary(KeyRing(Path("none")))
    for each in (
        record(OBSERVATIONS.name, None),
        record(OBSERVATIONS.name, b'{"effective_on": "2026-11-02"}', (("kind", b"day.reached"),)),
    ):
        assert boundary.opened([each]) == [each]


@pytest.mark.parametrize("headers", [HEADERS, (("kind", b"advice.received"),), (("kind", b"\xff"),), ()])
def test_anything_else_that_is_not_sealed_is_refused(
    boundary: Boundary, headers: tuple[tuple[str, bytes], ...]
) -> None:
    with pytest.raises(PermanentError, match="it is not sealed") as refused:
        boundary.open(record(OBSERVATIONS.name, BODY, headers))
    assert refused.value.step == "read"


def test_a_sealed_value_does_not_pass_as_one_of_the_tickers(boundary: Boundary) -> None:
    there = sealed(boundary, OBSERVATIONS.name)
    with pytest.raises(PermanentError, match="belongs elsewhere"):
        boundary.open(record(OBSERVATIONS.name, there.value, (*HEADERS, ("kind", b"day.reached"))))


def test_a_destroyed_day_is_one_records_matter_and_a_missing_key_everybodys(
    boundary: Boundary, today: At, tmp_path: Path
) -> None:
    there = sealed(boundary)
    today.day += timedelta(days=31)
    with pytest.raises(PermanentError, match="the key of 2026-11-02 was destroyed"):
        boundary.open(there)
    write_ring(tmp_path / "other", new_ring(DAY))
    for other in (tmp_path / "other", tmp_path / "none"):
        with pytest.raises(Unavailable, match=r"council\.events can't be read: (the|no) key ring"):
            Boundary(KeyRing(other, today=today)).open(there)
    with pytest.raises(Unavailable, match=r"council\.events can't be written: no key ring"):
        Boundary(KeyRing(tmp_path / "none")).seal(Output(COUNCIL_EVENTS.name, b"k", b"v"))


def buried(ring: KeyRing, there: Record, error: Exception) -> tuple[list[Output], LetterKeys]:
    outputs = Burial(ring, Boundary(ring)).letter("intake", there, error, 1, AT)
    keys = {
        each.key.decode(): LetterKey(each.value or b"", date.fromisoformat(dict(each.headers)["since"].decode()))
        for each in outputs
        if each.topic == DEADLETTER_KEYS.name
    }
    return outputs, LetterKeys(keys)


def test_a_dead_letter_has_a_key_of_its_own_and_outlives_the_days(ring: KeyRing, boundary: Boundary, today: At) -> None:
    outputs, keys = buried(ring, sealed(boundary), PermanentError("refused"))
    assert [each.topic for each in outputs] == ["hub.deadletter.keys", "hub.deadletter"]
    assert not [each for each in outputs if b"Amy" in (each.value or b"")]
    letter = parse(outputs[1].value, outputs[1].headers)
    assert (letter.meta.unopened, letter.headers, letter.key) == (False, HEADERS, b"k")
    today.day += timedelta(days=90)
    assert letter.key_id is not None
    assert keys.open(letter.meta.id, letter.key_id, letter.value or b"", ring, 90) == BODY
    today.day += timedelta(days=1)
    with pytest.raises(KeyDestroyed, match="for its age"):
        keys.open(letter.meta.id, letter.key_id, letter.value or b"", ring, 90)


def test_without_its_key_nothing_opens_a_letter(ring: KeyRing, boundary: Boundary) -> None:
    outputs, keys = buried(ring, sealed(boundary), PermanentError("refused"))
    letter = parse(outputs[1].value, outputs[1].headers)
    assert [(each.key, each.value) for each in keys.destroyed(letter.meta.id)] == [(outputs[0].key, None)]
    assert keys.destroyed("another") == []
    with pytest.raises(KeyDestroyed):
        LetterKeys({}).open(letter.meta.id, letter.key_id or "", letter.value or b"", ring, 90)


def test_a_letter_written_twice_has_two_keys_that_go_together(ring: KeyRing, boundary: Boundary) -> None:
    there = sealed(boundary)
    twice = [buried(ring, there, PermanentError("refused")) for _ in range(2)]
    both = LetterKeys({name: key for _, keys in twice for name, key in keys._keys.items()})
    for outputs, _ in twice:
        letter = parse(outputs[1].value, outputs[1].headers)
        assert both.open(letter.meta.id, letter.key_id or "", letter.value or b"", ring, 90) == BODY
    assert len(both.destroyed(letter.meta.id)) == 2


def test_what_could_not_be_opened_is_kept_as_it_stood_and_says_so(ring: KeyRing, boundary: Boundary, today: At) -> None:
    there = sealed(boundary)
    today.day += timedelta(days=31)
    outputs, keys = buried(ring, there, PermanentError("the value can't be opened", step="read"))
    letter = parse(outputs[1].value, outputs[1].headers)
    assert (letter.meta.unopened, letter.meta.step) == (True, "read")
    assert keys.open(letter.meta.id, letter.key_id or "", letter.value or b"", ring, 90) == there.value


def test_letters_keys_are_wrapped_anew_and_keep_their_age(ring: KeyRing, boundary: Boundary, today: At) -> None:
    outputs, keys = buried(ring, sealed(boundary), PermanentError("refused"))
    letter, first = parse(outputs[1].value, outputs[1].headers), ring.current().current.id
    assert keys.wrapped_anew(ring) == []
    write_ring(ring.file, ring.current().with_wrapping_key(DAY))
    ring.look_again()
    today.day += timedelta(days=5)
    (anew,) = keys.wrapped_anew(ring)
    assert (anew.key, dict(anew.headers)["since"]) == (outputs[0].key, b"2026-11-02")
    assert keys.uses() == {first: 1}
    write_ring(ring.file, ring.current().without_wrapping_key(first))
    ring.look_again()
    after = LetterKeys({anew.key.decode(): LetterKey(anew.value or b"", DAY)})
    assert after.open(letter.meta.id, letter.key_id or "", letter.value or b"", ring, 90) == BODY
    with pytest.raises(KeyUnknown):
        keys.open(letter.meta.id, letter.key_id or "", letter.value or b"", ring, 90)


def test_a_record_that_no_key_can_open_yet_is_not_buried(ring: KeyRing, boundary: Boundary, tmp_path: Path) -> None:
    write_ring(tmp_path / "other", new_ring(DAY))
    there = sealed(Boundary(KeyRing(tmp_path / "other", today=At())))
    with pytest.raises(Unavailable):
        buried(ring, there, PermanentError("refused"))
    with pytest.raises(Unavailable, match="a dead letter can't be sealed"):
        buried(KeyRing(tmp_path / "none"), record(FACTS.name, BODY), PermanentError("refused"))
