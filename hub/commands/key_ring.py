"""`sendhub key ring` and what changes it: the daily keys, and the keys that wrap other keys."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from hub.commands.asking import ask
from hub.commands.deadletter.options import actor
from hub.commands.failures import stop
from hub.commands.key_audit import Why, changed, written_down
from hub.platform.clock import SystemClock
from hub.platform.keyring import changing, machine_day, read_ring, write_ring
from hub.platform.keys import KeyFault, Ring, RingUnfit, new_ring
from hub.platform.settings import Settings
from hub.runtime import key_use
from hub.runtime.audit import Act
from hub.runtime.letter_desk import LetterDesk

KeyId = Annotated[str, typer.Argument(metavar="ID", help="Its id, as in `sendhub key show`.")]


ELSEWHERE = "give the file to every machine that runs a part of the hub: each looks at it again by itself"


def make(
    file: Annotated[Path, typer.Argument(help="Where to write it; must not exist.")], why: Why = "the first ring"
) -> None:
    """Make a new key ring: daily keys from today on, and a first wrapping key."""
    if file.exists():
        stop(f"{file} exists: a new ring could open nothing of what is sealed with that one")
    ring = new_ring(machine_day())
    if file.parent.is_dir():
        written_down(Settings(), "key.change", changed(Ring((), ()), ring), why, file.parent)
    try:
        write_ring(file, ring)
    except OSError as error:
        stop(f"{file} can't be written: {error.strerror}")
    typer.echo(f"wrote {file}; {ELSEWHERE}")


def show() -> None:
    """List the ring's keys by id and day, never the keys themselves."""
    ring = _read(Settings())
    for chain in ring.chains:
        typer.echo(f"chain {chain.id}: seals from {chain.since}, opens from {chain.day}")
    for number, key in enumerate(ring.wrapping, 1):
        typer.echo(f"wrapping key {key.id}: made {key.made}" + (", in use" if number == len(ring.wrapping) else ""))
    for chain_id in ring.lost:
        typer.echo(f"chain {chain_id}: declared lost")


def rotate(why: Why = "") -> None:
    """Add a wrapping key, which is in use from now on, and wrap the keys of dead letters with it.

    The running identity stage wraps its own keys with it by itself. Nothing is stopped.
    """
    settings = Settings()
    ring = _change(settings, lambda ring: ring.with_wrapping_key(machine_day()), why)
    settings = Settings()
    number = ask(settings, _wrap_letters(settings, why))
    typer.echo(
        f"wrapping key {ring.current.id} is in use; keys of dead letters wrapped with it: {number}. Now {ELSEWHERE}. "
        "`sendhub key retire` takes an earlier one out when nothing uses it any more"
    )


async def _wrap_letters(settings: Settings, why: str) -> int:
    act = Act(actor(settings), why or "key rotation")
    async with LetterDesk(settings, SystemClock(), act, lambda point: None) as desk:
        return await desk.wrap_anew()


def retire(
    key_id: KeyId,
    now: Annotated[bool, typer.Option("--now", help="Also where its successor was made since yesterday.")] = False,
    why: Why = "",
) -> None:
    """Take a wrapping key out of the ring, for ever, when nothing is wrapped with it any more.

    With it goes all that older records on the changelog, or copies of it, still held of erased data keys.
    """
    settings = Settings()
    ring = _read(settings)
    ids = [each.id for each in ring.wrapping]
    if key_id not in ids:
        stop(f"the ring has no wrapping key {key_id}: `sendhub key show` lists them")
    if key_id == ring.current.id:
        stop(f"{key_id} is in use: `sendhub key rotate` puts another in its place first")
    if ring.wrapping[ids.index(key_id) + 1].made >= machine_day() and not now:
        stop(f"{key_id} was in use today: a process with an older ring might still use it. Wait a day, or say --now")
    uses = ask(settings, key_use.of_wrapping_keys(settings)).get(key_id, 0)
    if uses:
        stop(f"{uses} keys are still wrapped with {key_id}: identity takes them over while it runs; then try again")
    _change(settings, lambda ring: ring.without_wrapping_key(key_id), why)
    typer.echo(f"wrapping key {key_id} is destroyed here; {ELSEWHERE}, and destroy copies of the former ring")


def reseed(
    since: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="Seal with it from this day on; unless given from tomorrow."),
    ] = None,
    why: Why = "",
) -> None:
    """Begin an independent chain of daily keys, as after a ring became known. The former chain goes on opening."""
    day = machine_day()
    begin = day + timedelta(days=1) if since is None else since.date()
    if begin < day:
        stop(f"--from takes {day} or a later day: earlier ones are sealed already")
    ring = _change(Settings(), lambda ring: ring.with_chain(begin), why)
    typer.echo(f"chain {ring.chains[-1].id} seals from {begin} on; until then {ELSEWHERE}")


def forget(why: Why = "they are too old") -> None:
    """Destroy the daily keys that are too old (SENDHUB_SEAL_DAYS). The ticker does so by itself where it may."""
    settings, destroyed = Settings(), list[bool]()
    begins = settings.ring.oldest

    def without(ring: Ring) -> Ring:
        kept = ring.from_day(begins)
        destroyed.append(kept != ring)
        return kept

    _change(settings, without, why)
    typer.echo(f"the daily keys from before {begins} are destroyed" if any(destroyed) else "no daily key is too old")


def merge(other: Annotated[Path, typer.Argument(help="Another ring's file.")], why: Why = "") -> None:
    """Take another ring's keys into this one, to open what was sealed with them: a process ran with the wrong ring."""
    try:
        found = read_ring(other)
    except RingUnfit as error:
        stop(str(error))
    _change(Settings(), lambda ring: ring.with_keys_of(found), why)
    typer.echo(f"took {len(found.chains)} chains and {len(found.wrapping)} wrapping keys; {ELSEWHERE}")


def lost(
    chain_id: Annotated[str, typer.Argument(metavar="ID", help="The chain's id, as a waiting stage says.")],
    why: Why = "",
) -> None:
    """Declare a chain lost that no ring has any more. What it sealed becomes dead letters, and is not waited for."""
    ring = _read(Settings())
    if chain_id in [each.id for each in ring.chains]:
        stop(f"the ring has chain {chain_id}: it is not lost")
    if len(chain_id) != 8 or not set(chain_id) <= set("0123456789abcdef"):
        stop("a chain's id is eight hexadecimal digits")
    _change(Settings(), lambda ring: ring.with_lost(chain_id), why)
    typer.echo(f"chain {chain_id} counts as lost: its records become dead letters; {ELSEWHERE}")


def _read(settings: Settings) -> Ring:
    try:
        return settings.ring.current() if not settings.ring.in_file else read_ring(settings.key_ring_file)
    except RingUnfit as error:
        stop(str(error))


def _change(settings: Settings, change: Callable[[Ring], Ring], why: str) -> Ring:
    """The ring as changed; what is changed is on record before it is."""
    _require_file(settings)
    file = settings.key_ring_file
    try:
        with changing(file):
            before = read_ring(file)
            ring = change(before)
            if ring != before:
                written_down(settings, "key.change", changed(before, ring), why)
                write_ring(file, ring)
    except (KeyFault, OSError) as error:
        stop(str(error))
    return ring


def _require_file(settings: Settings) -> None:
    if not settings.ring.in_file:
        stop("the ring is in SENDHUB_KEY_RING: write it to a file, change it there, and set the variable anew")
