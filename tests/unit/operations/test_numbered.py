"""The share of children with a verified NHS number follows identity's state, however links move."""

from hypothesis import given
from hypothesis import strategies as st

from hub.core.identity.evidence import Evidence
from hub.core.identity.store import Link, Store
from hub.runtime.numbered import Numbers
from hub.runtime.state import PartitionState

links = st.tuples(st.sampled_from("abcd"), st.sampled_from(["chd-1", "chd-2", None]), st.booleans())


def written(moves: list[tuple[str, str | None, bool]]) -> dict[str, bytes | None]:
    changes = PartitionState().begin()
    for name, child, carries in moves:
        evidence = Evidence(nhs=frozenset({"digest"} if carries else ()))
        Store(changes).put_link(Link(name, "source", True, evidence, child))
    return dict(changes.changed)


@given(st.lists(st.lists(links, max_size=4), max_size=6), st.sets(st.sampled_from("abcd")))
def test_it_is_what_the_state_says_at_any_time(
    batches: list[list[tuple[str, str | None, bool]]], gone: set[str]
) -> None:
    numbers, stands = Numbers(), {}
    for batch in batches:
        numbers.follow(written(batch).items())
        stands |= {name: (child, carries) for name, child, carries in batch}
    numbers.follow([*((f"link:{name}", None) for name in gone), ("child:chd-1", b"{}"), ("days", None)])
    placed = [place for name, place in stands.items() if name not in gone and place[0] is not None]
    assert numbers.children == len({child for child, _ in placed})
    assert numbers.with_number == len({child for child, carries in placed if carries})
