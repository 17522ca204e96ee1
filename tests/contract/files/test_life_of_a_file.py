"""What happens to files and to what they say, from one extract to the next."""

import asyncio
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from connectors.sdk.publisher import Message, NotAcknowledged
from hub.core.intake import DECODERS
from hub.simulator.council_csv import file_name, people_csv, requests_csv
from schemas.instants import LONDON, microseconds
from schemas.sources import Source
from tests.support.files import Desk, person_row, request_row, standing

FEED = "one-education-requests"


def requests(day: int, *rows: object) -> tuple[str, bytes]:
    return file_name("requests", date(2026, 3, day)), requests_csv(rows)  # type: ignore[arg-type]


def people(day: int, number: int) -> tuple[str, bytes]:
    return file_name("people", date(2026, 3, day)), people_csv(person_row(each) for each in range(number))


def metric(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_a_taken_file_is_in_done_and_a_rerun_changes_nothing(desk: Desk) -> None:
    name, content = requests(2, request_row())
    desk.take(name, content)
    sent = desk.events()
    assert len(sent) == 1
    assert desk.listing("done") == [name]
    desk.take(name, content)
    assert desk.events() == sent
    assert desk.listing("done") == [name, name.replace(".csv", "~2.csv")]
    assert desk.listing(".") == []


def test_a_new_extract_sends_only_what_changed(desk: Desk) -> None:
    desk.take(*requests(2, request_row(1), request_row(2)))
    desk.take(*requests(3, request_row(1), request_row(2, DraftSentDate=date(2026, 3, 3))))
    assert [(event["record"], event["kind"]) for event in desk.events()[2:]] == [("REQ-0002", "plan.draft-sent")]


def test_a_blanked_date_is_a_retraction_and_a_missing_row_is_not(desk: Desk) -> None:
    rows = [request_row(number, DraftSentDate=date(2026, 2, 1)) for number in range(1, 12)]
    desk.take(*requests(2, *rows))
    before = len(desk.events())
    desk.take(*requests(3, request_row(1), *rows[1:10]))
    (event,) = desk.events()[before:]
    assert (event["kind"], event["record"], event["retracted"]) == ("plan.draft-sent", "REQ-0001", True)
    assert event["effective_on"] is None
    assert event["subject"] == {"request": "REQ-0001"}
    kinds = [kind for record, kind, _ in standing(desk.events()) if record in ("REQ-0001", "REQ-0011")]
    assert sorted(kinds) == ["assessment.requested", "assessment.requested", "plan.draft-sent"]


def test_an_older_file_never_beats_a_newer_one(desk: Desk) -> None:
    desk.take(*requests(5, request_row(RequestOutcome="Y", RequestOutcomeDate=date(2026, 2, 2))))
    sent = desk.events()
    name, content = requests(4, request_row(DraftSentDate=date(2026, 2, 1)))
    desk.take(name, content)
    assert desk.events() == sent
    assert desk.report("done", name)["rows"]["older"] == 1


def test_a_record_blank_in_the_newer_file_is_not_brought_back_by_the_older(desk: Desk) -> None:
    desk.take(*requests(5, request_row()))
    desk.take(*requests(4, request_row(DraftSentDate=date(2026, 2, 1))))
    assert [event["kind"] for event in desk.events()] == ["assessment.requested"]


def test_midnight_in_summer_is_london_midnight(desk: Desk) -> None:
    desk.clock.instant += timedelta(days=120)
    desk.take(file_name("requests", date(2026, 7, 1)), requests_csv([request_row()]))
    (event,) = desk.events()
    assert event["version"] == microseconds(datetime(2026, 7, 1, tzinfo=LONDON))
    assert event["recorded_at"] == "2026-06-30T23:00:00+00:00"


def test_an_extract_of_tomorrow_is_refused(desk: Desk) -> None:
    name, content = file_name("requests", date(2026, 4, 1)), requests_csv([request_row()])
    desk.take(name, content)
    assert desk.report("rejected", name)["code"] == "extract-date"


def test_rows_that_differ_under_one_extract_date_are_told_and_not_taken(desk: Desk) -> None:
    desk.take(*requests(2, request_row(1), request_row(2)))
    sent = desk.events()
    changed = request_row(2, DraftSentDate=date(2026, 2, 1))
    name, content = requests(2, request_row(1), changed, request_row(3))
    desk.take(name, content)
    assert [event["record"] for event in desk.events()[len(sent) :]] == ["REQ-0003"]
    report = desk.report("done", name.replace(".csv", "~2.csv"))
    assert [problem["line"] for problem in report["problems"]] == [3]


def test_bad_rows_are_listed_without_values_and_good_ones_taken(desk: Desk) -> None:
    name, content = requests(2, request_row(1), request_row(2), request_row(3, RequestSource="Grandmother"))
    desk.take(name, content)
    assert {event["record"] for event in desk.events()} == {"REQ-0001", "REQ-0002"}
    report = desk.report("done", name)
    assert report["problems"] == [
        {"line": 4, "column": "RequestSource", "problem": "a code that the mapping does not know"}
    ]
    assert "Grandmother" not in (desk.folder / "done" / f"{name}.report.json").read_text()
    assert report["message"] == "2 of 3 rows were taken"
    desk.take(*requests(2, request_row(1), request_row(2), request_row(3, RequestSource="O")))
    assert {event["record"] for event in desk.events()} == {"REQ-0001", "REQ-0002", "REQ-0003"}


def test_a_fall_of_more_than_a_tenth_holds_the_file_and_asks(desk: Desk) -> None:
    desk.take(*people(2, 100))
    sent = len(desk.events())
    desk.take(*people(3, 90))
    assert desk.listing("held") == []
    name, content = people(4, 80)
    desk.take(name, content)
    assert desk.listing("held") == [name]
    assert len(desk.events()) == sent
    assert desk.report("held", name)["message"] == "80 rows where the extract before it had 90"
    (question,) = desk.questions()
    assert (question["feed"], question["rows"], question["before"], question["state"]) == (
        "one-education-people",
        80,
        90,
        "open",
    )


def test_the_question_becomes_a_task_and_its_answer_ends_the_same_task(desk: Desk) -> None:
    desk.take(*people(2, 100))
    name, content = people(3, 50)
    desk.take(name, content)
    desk.clock.instant += timedelta(days=1)
    desk.connector._folders[0].release(name)
    asyncio.run(desk.settle())
    assert desk.listing("release") == []
    assert desk.listing("done")[-1] == name
    asked, answered = [_task(message) for _, message in desk.publisher.published if _is_question(message)]
    assert (asked.question, asked.state, asked.opened_on, asked.resolved_on) == (
        "rows-fell",
        "open",
        date(2026, 3, 31),
        None,
    )
    assert (answered.id, answered.state, answered.opened_on) == (asked.id, "resolved", date(2026, 3, 31))
    assert answered.resolved_on == date(2026, 4, 1)
    assert "50 rows, 50% fewer than the 100 before it" in asked.detail


def test_a_later_whole_extract_ends_the_question_too_and_once(desk: Desk) -> None:
    desk.take(*people(2, 100))
    desk.take(*people(3, 50))
    desk.take(*people(4, 101))
    desk.take(*people(5, 101))
    assert [question["state"] for question in desk.questions()] == ["open", "resolved"]


def test_a_released_file_that_lay_under_another_name_is_still_known(desk: Desk) -> None:
    desk.take(*people(2, 100))
    name, content = people(3, 50)
    desk.take(name, content)
    desk.take(name, content)
    second = name.replace(".csv", "~2.csv")
    assert desk.listing("held") == [name, second]
    desk.connector._folders[0].release(second)
    asyncio.run(desk.settle())
    assert second in desk.listing("done")


def test_a_header_alone_after_rows_is_a_fall(desk: Desk) -> None:
    desk.take(*people(2, 10))
    name, content = people(3, 0)
    desk.take(name, content)
    assert desk.listing("held") == [name]


def test_without_an_ack_the_file_stays_and_waits_grow_until_there_is_one(desk: Desk) -> None:
    name, content = requests(2, request_row())
    desk.drop(name, content)
    desk.publisher.fail = NotAcknowledged("no ack")
    before = metric("sendhub_files_retries_total", reason="not-acknowledged")

    async def looks() -> list[float]:
        return [await desk.poll() for _ in range(9)]

    waits = asyncio.run(looks())
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]
    assert desk.listing(".") == [name]
    assert "broker" in (desk.connector.trouble() or "")
    assert metric("sendhub_files_retries_total", reason="not-acknowledged") == before + 8
    desk.publisher.fail = None
    assert asyncio.run(desk.poll()) == 1.0
    assert desk.listing("done") == [name]
    assert desk.connector.trouble() is None
    assert len(desk.events()) == 1


class FailsAfter:
    """A publisher that acks so many batches and then never answers; `lost` ones may still have arrived."""

    def __init__(self, desk: Desk, batches: int, *, arrives: bool) -> None:
        self._desk, self._left, self._arrives = desk, batches, arrives

    async def publish(self, topic: str, messages: list[Message]) -> None:
        self._left -= 1
        if self._left >= 0 or self._arrives:
            await self._desk.publisher.publish(topic, messages)
        if self._left < 0:
            raise NotAcknowledged("no ack")

    async def ready(self) -> bool:
        return True


@pytest.mark.parametrize("arrives", [True, False])
@pytest.mark.parametrize("batches", [0, 1, 2])
def test_a_crash_between_sending_and_remembering_only_repeats(desk: Desk, batches: int, arrives: bool) -> None:
    name, content = people(2, 500)
    desk.connector._publisher = FailsAfter(desk, batches, arrives=arrives)  # type: ignore[assignment]
    desk.take(name, content)
    assert desk.listing(".") == [name]
    desk.start()
    asyncio.run(desk.settle())
    assert desk.listing("done") == [name]
    ids = [message.envelope.id for _, message in desk.publisher.published]
    assert len(set(ids)) == 500
    assert len(ids) == 500 + (0 if not arrives else min(200, 500 - 200 * batches))


@pytest.mark.parametrize("arrives", [True, False])
def test_what_may_have_been_sent_from_a_file_since_removed_is_set_right(desk: Desk, arrives: bool) -> None:
    desk.take(*requests(2, request_row()))
    desk.connector._publisher = FailsAfter(desk, 0, arrives=arrives)  # type: ignore[assignment]
    name, content = requests(3, request_row(DraftSentDate=date(2026, 3, 1), RequestSource="O"))
    desk.take(name, content)
    (desk.folder / name).unlink()
    desk.start()
    desk.take(*requests(4, request_row()))
    assert [(kind, found[0]["data"].get("by")) for (_, kind, _), found in standing(desk.events()).items()] == [
        ("assessment.requested", "parent")
    ]


def test_the_database_being_away_leaves_the_file(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    name, content = requests(2, request_row())
    from sqlalchemy.exc import OperationalError

    def away(*arguments: object) -> None:
        raise OperationalError("select", {}, Exception("secret value"))

    with monkeypatch.context() as patch:
        patch.setattr(desk.memory, "seen", away)
        desk.take(name, content)
    assert desk.listing(".") == [name]
    assert "database" in (desk.connector.trouble() or "")
    asyncio.run(desk.poll())
    assert desk.listing("done") == [name]


def test_while_the_database_is_away_it_is_told_how_long_files_have_waited(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    def away() -> None:
        raise OperationalError("select", {}, Exception("secret value"))

    monkeypatch.setattr(desk.memory, "open", away)
    name, content = requests(2, request_row())
    desk.drop(name, content)
    asyncio.run(desk.poll())
    desk.seconds += 1_000
    asyncio.run(desk.poll())
    assert metric("sendhub_connector_lag_seconds", connector="files") >= 1_000
    assert metric("sendhub_files_waiting") == 1


def test_one_file_that_cannot_be_moved_does_not_keep_the_next_waiting(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = requests(2, request_row(1)), requests(3, request_row(2))
    desk.drop(*first)
    desk.drop(*second)
    folder = desk.connector._folders[0]
    real = folder.put_away

    def denied(path: Path, report: object) -> Path:
        if path.name == first[0]:
            raise PermissionError(13, "denied")
        return real(path, report)  # type: ignore[arg-type]

    monkeypatch.setattr(folder, "put_away", denied)
    asyncio.run(desk.settle())
    assert desk.listing("done") == [second[0]]
    assert desk.listing(".") == [first[0]]
    assert "folder" in (desk.connector.trouble() or "")


def test_a_share_that_goes_away_is_trouble_and_comes_back(desk: Desk) -> None:
    away = desk.folder.with_name("away")
    desk.folder.rename(away)
    desk.folder.write_bytes(b"")
    asyncio.run(desk.poll())
    assert "folder" in (desk.connector.trouble() or "")
    desk.folder.unlink()
    away.rename(desk.folder)
    desk.take(*requests(2, request_row()))
    assert desk.connector.trouble() is None
    assert len(desk.events()) == 1


def test_a_bug_rejects_one_file_and_the_next_passes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    name, content = requests(2, request_row())

    def bug(*arguments: object) -> None:
        raise KeyError("Ada Example")

    with monkeypatch.context() as patch:
        patch.setattr("connectors.council.files.app.read_extract", bug)
        desk.take(name, content)
    text = (desk.folder / "rejected" / f"{name}.report.json").read_text()
    assert "KeyError" in text
    assert "Ada" not in text
    desk.take(*requests(3, request_row()))
    assert len(desk.events()) == 1


def test_what_is_counted(desk: Desk) -> None:
    source = "one-education:825:2022"
    names = ("received", "accepted", "known", "refused")

    def counts() -> dict[str, float]:
        labels = {"connector": "files", "source": source}
        found = {name: metric(f"sendhub_connector_messages_{name}_total", **labels) for name in names[:3]}
        refused = metric("sendhub_connector_messages_refused_total", **labels, reason="bad-row")
        return {
            **found,
            "refused": refused,
            "done": metric("sendhub_files_total", feed=FEED, outcome="done", code="taken"),
        }

    before = counts()
    desk.take(*requests(2, request_row(1), request_row(2)))
    desk.take(*requests(3, request_row(1), request_row(2), request_row(3, RequestSource="?")))
    after = counts()
    assert {name: after[name] - before[name] for name in after} == {
        "received": 5,
        "accepted": 2,
        "known": 2,
        "refused": 1,
        "done": 1,
    }
    assert metric("sendhub_source_last_event_timestamp_seconds", source=source) == desk.clock.now().timestamp()


def _is_question(message: Message) -> bool:
    return message.envelope.type == "sendhub.council.question"


def _task(message: Message):  # type: ignore[no-untyped-def]
    source = Source(id=message.envelope.source, kind="council")
    (task,) = DECODERS[message.envelope.type](message.envelope, message.value, source).reviews
    return task


def test_while_paused_files_stay_where_they_are(desk: Desk) -> None:
    name, content = requests(2, request_row())
    desk.paused = "paused by engineer-4"
    desk.take(name, content)
    assert (desk.events(), desk.listing("."), desk.listing("done")) == ([], [name], [])
    desk.paused = None
    desk.take(name, content)
    assert (len(desk.events()), desk.listing("."), desk.listing("done")) == (1, [], [name])
