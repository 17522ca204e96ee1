"""What every topic says of itself: why it is there, what of a person it holds, with what it is sealed, how it ends."""

import pytest

from hub.platform.settings import Settings
from schemas.topics import DAY_MS, SEALED_BY_DAY, TOPICS, Topic

IDENTIFIERS = ("name", "birth", "all that")


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_it_says_why_it_is_kept_and_how_it_ends_and_is_sealed_where_it_holds_identifiers(topic: Topic) -> None:
    assert topic.holds
    assert topic.purpose
    assert topic.ends
    assert any(word in topic.personal for word in IDENTIFIERS) == (topic.sealed is not None)


def test_a_key_lives_no_longer_than_what_it_opens_is_said_to_be_kept() -> None:
    settings = Settings()
    for topic in TOPICS:
        if topic.sealed == "day":
            assert topic.name in SEALED_BY_DAY
            assert topic.keep_days is not None
            assert settings.seal_days <= topic.keep_days
        if topic.sealed == "letter":
            assert settings.letter_days == topic.keep_days


def test_where_a_tombstone_is_an_erasure_compaction_is_due_in_time() -> None:
    erased = [topic for topic in TOPICS if topic.erased_within_days is not None]
    assert {topic.name for topic in erased} == {"hub.identity.state", "hub.deadletter.keys"}
    for topic in erased:
        assert topic.policy == "compact"
        assert int(topic.settings["max.compaction.lag.ms"]) <= (topic.erased_within_days or 0) * DAY_MS
