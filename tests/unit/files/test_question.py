from datetime import UTC, date, datetime

import orjson
import pytest

from hub.core.errors import Unreadable
from hub.core.intake.question import decode
from schemas.envelope import Envelope
from schemas.sources import Source

SOURCE = Source(id="one-education:825:2022", kind="council")
ENVELOPE = Envelope(id="m1", source=SOURCE.id, type="sendhub.council.question", time=datetime(2026, 3, 3, tzinfo=UTC))
ASKED = {
    "question": "rows-fell",
    "feed": "people",
    "extract": "2026-03-02T00:00:00Z",
    "rows": 800,
    "before": 1000,
    "state": "open",
    "opened_on": "2026-03-03",
    "resolved_on": None,
}


def test_a_question_is_one_task_whose_id_is_of_feed_and_extract() -> None:
    (task,) = decode(ENVELOPE, orjson.dumps(ASKED), SOURCE).reviews
    assert (task.question, task.state, task.opened_on, task.message) == ("rows-fell", "open", date(2026, 3, 3), "m1")
    assert task.detail.startswith(
        "The extract of 2026-03-02 of feed people has 800 rows, 20% fewer than the 1000 before"
    )
    others = ({"state": "resolved", "resolved_on": "2026-03-04"}, {"feed": "b"}, {"extract": "2026-03-03T00:00:00Z"})
    ids = [decode(ENVELOPE, orjson.dumps({**ASKED, **changed}), SOURCE).reviews[0].id for changed in others]
    assert ids[0] == task.id
    assert len({task.id, *ids}) == 3


@pytest.mark.parametrize("changed", [{"feed": ""}, {"rows": -1}, {"before": 0}, {"state": "?"}, {"secret": "Ada"}])
def test_a_question_of_another_shape_is_unreadable(changed: dict[str, object]) -> None:
    with pytest.raises(Unreadable) as caught:
        decode(ENVELOPE, orjson.dumps({**ASKED, **changed}), SOURCE)
    assert next(iter(changed)) in str(caught.value)
    assert "Ada" not in str(caught.value)
