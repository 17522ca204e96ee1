"""What a list is said to have is what it has."""

from collections.abc import Iterator
from typing import get_args

import pytest
from sqlalchemy import Connection

from hub.api.access.scope import EVERYWHERE
from hub.core.measures.ages import ADVICE_BANDS
from hub.store import Projector, worklist
from hub.store.engine import open_engine
from hub.store.reach import Slice
from hub.store.worklist import Asked, List
from tests.support.pages import extras
from tests.support.synthetic import LAST_DAY, fill

ONE_SERVICE = (Slice(areas=frozenset({"825"}), services=frozenset({"speech-and-language"})),)


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    url = f"sqlite:///{tmp_path_factory.mktemp('worklist')}/read-model.db"
    projector = Projector.open(url, lambda _: None)
    fill(projector, 24, extra=extras())
    projector.close()
    engine = open_engine(url, read_only=True)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.mark.parametrize("slices", [EVERYWHERE, ONE_SERVICE], ids=["everywhere", "one service"])
@pytest.mark.parametrize("named", [True, False])
def test_every_count_is_how_many_rows_there_are(connection: Connection, slices: tuple[Slice, ...], named: bool) -> None:
    tallies = worklist.tally(connection, slices, LAST_DAY, named=named)

    def there(asked: Asked) -> int:
        return len(worklist.page(connection, asked, slices, LAST_DAY, None, 10_000, named=named).bodies)

    seen = 0
    for which in get_args(List):
        assert worklist.counted(tallies, Asked(which)) == there(Asked(which))
        for group in worklist.groups(tallies, Asked(which)):
            asked = Asked(which, **{group.by: group.value})
            assert group.rows == worklist.counted(tallies, asked) == there(asked)
            seen += group.rows
    assert seen


def test_each_choice_says_how_many_it_leads_to_beside_what_was_chosen(connection: Connection) -> None:
    tallies = worklist.tally(connection, EVERYWHERE, LAST_DAY, named=True)
    some = next(each for each in tallies if each.which == "standing" and each.service)
    chosen = Asked("standing", service=some.service, age=some.age)
    found = worklist.groups(tallies, chosen)
    assert {group.by for group in found if group.rows} == {"service", "body", "age"}
    for group in found:
        asked = chosen._replace(**{group.by: group.value})
        rows = worklist.page(connection, asked, EVERYWHERE, LAST_DAY, None, 10_000, named=True).bodies
        assert group.rows == len(rows), group


def test_every_age_is_said_and_a_restricted_child_is_for_those_who_are_named(connection: Connection) -> None:
    of = {named: worklist.tally(connection, EVERYWHERE, LAST_DAY, named=named) for named in (True, False)}
    assert [each.value for each in worklist.groups((), Asked("owed"))] == list(ADVICE_BANDS.names)
    assert worklist.counted(of[True], Asked("restricted"))
    assert not worklist.counted(of[False], Asked("restricted"))
    assert worklist.counted(of[True], Asked()) == worklist.counted(of[False], Asked())
