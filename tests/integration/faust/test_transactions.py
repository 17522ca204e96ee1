"""Faust's exactly_once and its tables' recovery: L, M and N of docs/reliability.md."""

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import PolicyViolationError

from tests.integration.faust.trial import RIGHT, Outcome, Trial, kill, until


async def test_l_nobody_sees_an_output_of_a_transaction_that_was_not_committed(trial: Trial) -> None:
    await trial.feed(*[{}] * 5)
    with trial.worker(stock=("--exactly-once", "--commit-interval", "60"), hub=("--kill-at", "offsets")) as first:
        if trial.stock:
            await trial.written(trial.run.output, 5)
            await kill(first)
        assert first.wait(60) == -9
    assert await trial.committed() == 0
    assert await trial.outcome() == (RIGHT if trial.stock else Outcome(lost=(0, 1, 2, 3, 4)))
    if not trial.stock:
        with trial.worker():
            await trial.commits()
        assert await trial.outcome() == RIGHT


async def test_m_a_stage_without_state_is_exactly_once_too(trial: Trial) -> None:
    await trial.feed({}, {}, {})

    async def failed() -> bool:
        return "KeyError" in trial.log.read_text()

    with trial.worker(stock=("--exactly-once", "--no-table"), hub=("--no-table",)):
        await (until(failed, "a KeyError", trial.log) if trial.stock else trial.commits())
    assert await trial.outcome() == (Outcome(lost=(0, 1, 2)) if trial.stock else RIGHT)


async def test_n_a_changelog_can_not_lose_its_head_and_is_read_from_its_beginning(trial: Trial) -> None:
    await trial.feed(*[{}] * 5)
    with trial.worker() as first:
        await trial.commits()
        await kill(first)
    if trial.stock:
        await truncate(trial, 3)
    else:
        with pytest.raises(PolicyViolationError):
            await truncate(trial, 3)
    await trial.feed({"key": "k0"})
    with trial.worker(stock=("--reset", "latest")):
        if trial.stock:
            # Two changes are missing, the position is at the end of the log: nothing can ever come.
            await trial.noted("recovery", 20)
            await until_stuck(trial)
        else:
            await trial.commits()
        assert await trial.committed() == (5 if trial.stock else 6)
    assert await trial.outcome() == (Outcome(lost=(5,)) if trial.stock else RIGHT)


async def until_stuck(trial: Trial) -> None:
    async def there() -> bool:
        return trial.gate.notes("recovery")[-10:] == ["2 5"] * 10

    await until(there, "a recovery that reads no more", trial.log)


async def truncate(trial: Trial, before: int) -> None:
    """Delete the changelog's records before an offset. Allowed where the topic may be deleted from."""
    admin = AIOKafkaAdminClient(bootstrap_servers=trial.broker)
    await admin.start()
    try:
        if trial.stock:
            resource = ConfigResource(ConfigResourceType.TOPIC, trial.changelog, {"cleanup.policy": "compact,delete"})
            await admin.alter_configs([resource])
        await admin.delete_records({TopicPartition(trial.changelog, 0): RecordsToDelete(before)})
    finally:
        await admin.close()
