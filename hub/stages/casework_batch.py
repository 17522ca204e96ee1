"""One call's work of the casework stage: what it has taken in, what it says, and what it puts into the state."""

from datetime import date
from typing import Any

from hub.core.alerts.silence import Saying, Silences, source_alerts
from hub.core.casework.changes import changes
from hub.core.casework.memory import PREFIX, Memory, dump, load
from hub.core.casework.policy import Policy
from hub.core.casework.purging import purging
from hub.core.facts.belonging import is_move, is_told
from hub.core.facts.fact import Fact, read_fact
from hub.core.facts.purged import is_purged
from hub.core.facts.restriction import turns
from hub.core.facts.withdrawn import takes_back
from hub.stages.casework_days import DAY_KEY, Days
from hub.stages.casework_outputs import Cause, alert_output, output_of
from hub.stages.casework_sayings import SOURCES_KEY, Sayings, alerts_between
from hub.stages.errors import PermanentError
from hub.stages.stage import Output, Record, State


class Batch:
    """One call's work: facts waiting by child, the partition's days, what was said of sources, outputs."""

    def __init__(self, policy: Policy, state: State, sayings: Sayings) -> None:
        self.outputs: list[Output] = []
        self.settled: dict[str, bytes] = {}
        self.state = state
        self.sayings = sayings
        self._policy = policy
        self._waiting: dict[str, tuple[list[tuple[Fact, date]], Cause]] = {}
        self._days = Days.of(state.get(DAY_KEY))
        self._seen = self._days.latest

    def take(self, value: dict[str, Any], record: Record) -> None:
        """Lay a fact by, with the others of its child."""
        child_id = value.get("child_id")
        if not isinstance(child_id, str) or not child_id or child_id.startswith("!"):
            raise PermanentError("the fact names no child", step="decode")
        try:
            fact = read_fact(value)
        except ValueError as error:
            raise PermanentError(str(error), step="decode") from None
        facts, cause = self._waiting.setdefault(child_id, ([], Cause()))
        self._seen = max(self._seen, fact.received_on)
        facts.append((fact, self._seen))
        cause.add(fact, record)

    def settle(self) -> None:
        """Evaluate every child that has facts waiting."""
        if self._seen > self._days.latest:
            self._put_days(self._days._replace(latest=self._seen))
        for child_id, (facts, cause) in self._waiting.items():
            self._tell(child_id, facts, cause)
        self._waiting = {}

    def has_reached(self, day: date) -> bool:
        """Whether a day has been worked through before."""
        return day <= self._days.worked

    def begin_day(self, day: date) -> None:
        """From now on it is that day."""
        if day > self._days.latest:
            self._put_days(self._days._replace(latest=day))

    def finish_day(self, day: date) -> None:
        """The day has been worked through."""
        self._put_days(self._days._replace(worked=day))

    def look_at(self, child_id: str, cause: Cause) -> None:
        """Say what the passing of time changed for a child."""
        self._evaluate(child_id, load(self.state.get(child_id)), self._days.latest, None, cause)

    def is_news(self, saying: Saying) -> bool:
        """Whether it was not heard before, or is still being worked through."""
        return saying not in self.sayings.silences.sayings or saying in self.sayings.working

    def is_late(self, saying: Saying) -> bool:
        """Whether a day has been looked at on which it would already have counted."""
        return self._days.latest >= saying.holds_from if saying.silent else self._days.latest > saying.known_on

    def begin_saying(self, saying: Saying, cause: Cause, *, notices: bool) -> bool:
        """From now on this is known; whether it was not before. The alerts about sources are given at once."""
        if saying in self.sayings.working:
            return False
        if saying.known_on > self._days.latest:
            self._put_days(self._days._replace(latest=saying.known_on))
        known = Silences({*self.sayings.silences.sayings, saying})
        told = source_alerts(known, self._days.latest, self._policy.alerts, self._policy.sources) if notices else {}
        for topic_key, value in alerts_between(self.sayings.told, told, self._days.latest):
            self.outputs.append(alert_output(topic_key, value, cause))
        self.sayings = self.sayings.with_(known, saying, told)
        return True

    def hear(self, child_id: str, cause: Cause) -> None:
        """Say what it changes for a child."""
        self.sayings = self.sayings.tried(child_id)
        memory = load(self.state.get(child_id))
        since = [saying.holds_from for saying in self.sayings.working if memory.rests_on(saying.source)]
        if since:
            self._evaluate(child_id, memory, self._days.latest, min(since), cause)
        self.sayings = self.sayings.heard(child_id)

    def keep_sayings(self) -> None:
        """Remember how far this has come."""
        self.state.put(SOURCES_KEY, self.sayings.dump())

    def finish_saying(self) -> None:
        """All children know."""
        self.sayings = self.sayings.finished()
        self.keep_sayings()

    def _tell(self, child_id: str, facts: list[tuple[Fact, date]], cause: Cause) -> None:
        """Say what facts changed for a child. Repeats change nothing."""
        memory = load(self.state.get(child_id))
        if memory.is_purged:
            return
        if is_purged(fact for fact, _ in facts):
            self._purge(child_id, memory, facts, cause)
            return
        news = [(fact, seen) for fact, seen in facts if memory.add(fact)]
        if news:
            moved = {fact.link for fact, _ in news if is_move(fact)}  # what comes with a link is as old as the move
            moves = [fact.received_on for fact, _ in news if is_move(fact) or (turns(fact) and fact.link not in moved)]
            back = [fact.received_on for fact, _ in news if takes_back(fact)]
            rewritten = moves or any(takes_back(fact) or turns(fact) for fact in memory.facts.values())
            news_from = date.min if rewritten else min(fact.received_on for fact, _ in news)
            since = min(moves, default=None), min(back, default=None)
            # What two children's records say together nobody was told before.
            told = not (memory.now and memory.now.traces) and any(is_told(fact) for fact, _ in news)
            self._evaluate(child_id, memory, news[-1][1], news_from, cause, *since, told=told)

    def _evaluate(
        self,
        child_id: str,
        memory: Memory,
        day: date,
        news_from: date | None,
        cause: Cause,
        moved_on: date | None = None,
        restored_on: date | None = None,
        *,
        told: bool = False,
    ) -> None:
        said = memory.now
        evaluation = memory.evaluate(child_id, day, news_from, self._policy, self.sayings.silences)
        found = changes(evaluation, said, memory, moved_on, restored_on, told=told)
        value = dump(memory)  # from here on nothing raises: who is passed over has said nothing
        self.outputs += [output_of(child_id, change, cause) for change in found]
        self.state.put(child_id, value)
        self.settled[child_id] = value[:PREFIX]

    def _purge(self, child_id: str, memory: Memory, facts: list[tuple[Fact, date]], cause: Cause) -> None:
        """Take back all that was ever said of a child, and keep nothing of it."""
        told = [*memory.facts.values(), *(fact for fact, _ in facts)]
        found = purging(child_id, memory, told, facts[-1][1])
        value = dump(Memory.of_purged())
        self.outputs += [output_of(child_id, change, cause) for change in found]
        self.state.put(child_id, value)
        self.settled[child_id] = value[:PREFIX]

    def _put_days(self, days: Days) -> None:
        self._days, self._seen = days, days.latest
        self.state.put(DAY_KEY, days.dump())
