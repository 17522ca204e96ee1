"""Defects in fetching and handing over: G, H and J of docs/reliability.md. The order of events is forced, not hoped
for: the stock worker waits where another thread could as well be slow.
"""

from tests.integration.faust.trial import RIGHT, Outcome, Trial, kill


async def test_g_what_is_fetched_while_positions_are_sought_is_not_taken_for_done(trial: Trial) -> None:
    await trial.feed(*[{}] * 5)
    with trial.worker() as first:
        await trial.commits()
        await kill(first)
    await trial.feed({"wait": True}, *[{}] * 9)
    with trial.worker(stock=("--slow-seek", "14", "--slow-answer")):
        await trial.noted("waiting", 1)
        await trial.noted("ready", 2)
        trial.gate.open()
        await trial.noted("handled", 6)
        await trial.feed({})
        await trial.commits()
    assert await trial.outcome() == (Outcome(lost=tuple(range(6, 15))) if trial.stock else RIGHT)


async def test_h_a_partition_that_was_never_committed_is_read_from_its_beginning(trial: Trial) -> None:
    trial.gate.open()
    await trial.feed({"wait": True}, *[{}] * 4)
    with trial.worker(stock=("--commit-interval", "60"), hub=("--kill-at", "offsets")) as first:
        if trial.stock:
            await trial.written(trial.changelog, 5)
            await kill(first)
        assert first.wait(60) == -9
    assert await trial.committed() == 0
    trial.gate.close()
    await trial.feed(*[{}] * 10)
    with trial.worker(stock=("--slow-seek", "14")):
        await trial.noted("waiting", 1)
        await trial.noted("ready", 2)
        trial.gate.open()
        await trial.noted("handled", 6)
        await trial.feed({})
        if trial.stock:
            await trial.noted("handled", 7)
            await trial.commits(1)
        else:
            await trial.commits()
        assert await trial.committed() == (1 if trial.stock else 16)
    skipped = Outcome(lost=tuple(range(5, 15)), repeated=(0,), wrong=(0,))
    assert await trial.outcome() == (skipped if trial.stock else RIGHT)


async def test_h_a_partition_that_is_paused_as_a_fetch_begins_loses_nothing(trial: Trial) -> None:
    await trial.feed(*[{}] * 5)
    with trial.worker(stock=("--pause-at", "5")) as worker:
        await trial.commits()
        await trial.feed({})
        if trial.stock:
            await trial.noted("resumed", 1)
        await trial.feed({})
        await trial.commits()
        await kill(worker)
    assert await trial.outcome() == (Outcome(lost=(5,)) if trial.stock else RIGHT)


async def test_j_a_worker_that_joins_makes_nobody_do_its_work_again(trial: Trial) -> None:
    await trial.feed({})
    with trial.worker(stock=("--no-table",)) as earlier:
        await trial.commits()
        await kill(earlier)
    await trial.feed(*[{}] * 5)
    options = ("--no-table", "--commit-interval", "60")
    with trial.worker(stock=options) as first:
        if trial.stock:
            await trial.noted("handled", 6)
        else:
            await trial.commits()
            await trial.feed({"wait": True}, {}, {})
            await trial.noted("waiting", 1)
        with trial.worker(stock=options, instance="2") as second:
            await trial.noted("ready", 3)
            trial.gate.open()
            if trial.stock:
                await trial.written(trial.run.output, 11)
            else:
                await trial.commits()
            await kill(second)
        await kill(first)
    assert await trial.outcome() == (Outcome(repeated=(1, 2, 3, 4, 5)) if trial.stock else RIGHT)
