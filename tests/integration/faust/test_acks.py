"""Defects in acknowledging and writing: A, B, C, D, E and K of docs/reliability.md."""

from tests.integration.faust.trial import RIGHT, Outcome, Trial, kill


async def test_a_an_event_whose_handler_raises_is_kept(trial: Trial) -> None:
    await trial.feed({}, {"bad": True}, {})
    with trial.worker():
        await trial.commits()
    assert await trial.outcome() == (Outcome(lost=(1,)) if trial.stock else Outcome(letters=(1,)))


async def test_b_an_event_that_could_not_be_handled_yet_is_not_committed_over(trial: Trial) -> None:
    await trial.feed({"wait": True}, {}, {})
    with trial.worker(stock=("--no-table", "--manual-ack")) as first:
        await trial.noted("waiting", 2 if not trial.stock else 1)
        if trial.stock:
            await trial.commits(3)
        assert await trial.committed() == (3 if trial.stock else 0)
        await kill(first)
    trial.gate.open()
    await trial.feed({})
    with trial.worker(stock=("--no-table", "--manual-ack")):
        await trial.commits()
    assert await trial.outcome() == (Outcome(lost=(0,)) if trial.stock else RIGHT)


async def test_c_an_event_that_takes_long_is_not_committed_over_by_those_behind_it(trial: Trial) -> None:
    await trial.feed({"wait": True}, *[{}] * 9)
    with trial.worker(stock=("--no-table", "--concurrency", "2")) as first:
        await trial.noted("waiting", 1)
        if trial.stock:
            await trial.commits()
        assert await trial.committed() == (10 if trial.stock else 0)
        await kill(first)
    trial.gate.open()
    await trial.feed({})
    with trial.worker(stock=("--no-table", "--concurrency", "2")):
        await trial.commits()
    assert await trial.outcome() == (Outcome(lost=(0,)) if trial.stock else RIGHT)


async def test_d_an_output_that_the_broker_refuses_is_kept_and_takes_no_neighbour_with_it(trial: Trial) -> None:
    await trial.feed({}, {"pad": 12_000}, {})
    with trial.worker(stock=("--linger", "1")):
        await trial.commits()
    assert await trial.outcome() == (Outcome(lost=(0, 1, 2)) if trial.stock else Outcome(letters=(1,)))


async def test_e_a_state_change_that_the_broker_refuses_is_kept_and_the_state_is_exact(trial: Trial) -> None:
    await trial.feed({}, {"key": "large", "grow": 6_000}, {})
    with trial.worker() as first:
        await trial.commits()
        await kill(first)
    with trial.worker():
        await trial.noted("ready", 2)
        await trial.feed({"key": "large"})
        await trial.commits()
    assert await trial.outcome() == (Outcome(wrong=(3,)) if trial.stock else Outcome(letters=(1,)))


async def test_k_a_value_that_can_not_be_decoded_is_kept(trial: Trial) -> None:
    await trial.feed({}, {"raw": b"\x00 not json"}, {})
    with trial.worker(stock=("--json",)):
        await trial.commits()
    assert await trial.outcome() == (Outcome(lost=(1,)) if trial.stock else Outcome(letters=(1,)))
