"""A synthetic partnership as facts: refusals, withdrawals, late plans, late, missing, declined and existing advice.

Everything is made up from a seed. It is written for what measures count, not to be likely.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

from tests.unit.casework.facts import COUNCIL, ICB, TRACKER

FIRST, LAST = date(2025, 3, 1), date(2026, 9, 1)
SERVICES = ("speech-and-language", "occupational-therapy", "physiotherapy", "community-paediatrics", "camhs")
OTHERS = (
    ("education", None, "school"),
    ("psychological", None, "own-authority"),
    ("social-care", None, "own-authority"),
)
AGREED = [{"by": by, "on": "2025-02-01"} for by in ("author", "authority", "family")]

Facts = list[dict[str, Any]]


def partnership(children: int, seed: int = 7) -> Iterator[tuple[str, Facts]]:
    """Children with their facts, each stated at nine on its day, a few weeks late now and then."""
    random = Random(seed)
    for number in range(children):
        child = Child(f"chd-{number:05}", random)
        child.live()
        yield child.id, child.facts


class Child:
    """Writes one child's facts."""

    def __init__(self, id_: str, random: Random) -> None:
        self.id = id_
        self.facts: Facts = []
        self._random = random
        self._source = COUNCIL if random.random() < 0.8 else TRACKER
        self._request = f"REQ-{id_}"
        self._prompt = random.random() < 0.3

    def live(self) -> None:
        """A request and what became of it."""
        random = self._random
        received = FIRST + timedelta(days=random.randrange((LAST - FIRST).days))
        self._request_fact("assessment.requested", received, case_reference=f"EHC-{self.id}")
        if random.random() < 0.1:
            self._claim(received)
        if random.random() < 0.07:
            return self._request_fact("assessment.withdrawn", received + self._days(5, 70))
        if random.random() < 0.05:
            return None
        decided = received + (self._days(10, 40) if self._prompt else self._days(20, 60))
        refused = random.random() < 0.2
        self._request_fact("assessment.decided", decided, outcome="refuse" if refused else "assess")
        if refused and random.random() < 0.8:
            return None
        for heading, service, role in (*OTHERS, *(("medical", each, "icb") for each in self._services())):
            self._advice(heading, service, role, decided)
        return self._ending(received)

    def _ending(self, received: date) -> None:
        random = self._random
        if random.random() < 0.1:
            return self._request_fact("plan.decided", received + self._days(80, 140), outcome="no-plan")
        if random.random() < 0.3:
            return None
        issued = received + (self._days(90, 150) if self._prompt else self._days(110, 450))
        self._request_fact("plan.issued", issued)
        if random.random() < 0.5:
            held = issued + self._days(200, 340)
            self._fact("review.held", held, {"review": f"REV-{self.id}", "request": self._request}, first=True)
            if random.random() < 0.8:
                review = {"review": f"REV-{self.id}", "request": self._request}
                self._fact("review.decided", held + self._days(5, 60), review, outcome="keep")
        return None

    def _services(self) -> list[str]:
        return self._random.sample(SERVICES, self._random.randrange(1 if self._prompt else 0, 3))

    def _advice(self, heading: str, service: str | None, role: str, decided: date) -> None:
        random = self._random
        advice = {"request": self._request, "advice": f"ADV-{self.id}-{heading}-{service}"}
        asked = decided + (self._days(0, 1) if self._prompt else self._days(-2, 12))
        body = ICB if role == "icb" else {"role": role}
        service_said = {"service": service} if service else {}
        self._fact("advice.requested", asked, advice, heading=heading, asked=body, **service_said)
        if random.random() < 0.7:
            delivered = asked + self._days(0, 5)
            self._fact("advice.delivered", delivered, advice, to=body)
            if random.random() < 0.6:
                self._fact("advice.allocated", delivered + self._days(0, 30), advice, by=body)
        fate = random.random()
        if self._prompt:
            self._fact("advice.received", asked + self._days(10, 40), advice)
        elif fate < 0.1:
            self._fact("advice.received", asked + self._days(150, 400), advice)
        elif fate < 0.62:
            self._fact("advice.received", asked + self._days(15, 110), advice)
        elif fate < 0.68:
            self._fact("advice.received", asked + self._days(15, 40), advice)
            self._fact("advice.returned", asked + self._days(41, 60), advice, reason="quality")
        elif fate < 0.73:
            self._fact(
                "advice.satisfied-by-existing", asked + self._days(0, 9), advice, heading=heading, agreements=AGREED
            )
        elif fate < 0.77:
            reason = {"ground": "harms-functions", "reasons_given": True}
            self._fact("advice.declined", asked + self._days(5, 50), advice, **reason)
        elif fate < 0.82:
            self._fact("advice.received", asked + self._days(5, 50), advice, not_known=True)
        elif fate < 0.86:
            self._fact("advice.cancelled", asked + self._days(5, 90), advice, reason="other")

    def _claim(self, received: date) -> None:
        until = received + timedelta(days=self._random.randrange(30, 150))
        claim = {"ground": "exceptional-circumstances", "from": received.isoformat(), "to": until.isoformat()}
        self._request_fact("exemption.claimed", received + self._days(5, 30), **claim)

    def _request_fact(self, kind: str, on: date, **data: Any) -> None:
        self._fact(kind, on, {"request": self._request}, **data)

    def _fact(self, kind: str, on: date, subject: dict[str, str], **data: Any) -> None:
        told = on + (self._days(0, 20) if self._random.random() < 0.2 else timedelta())
        self.facts.append(
            {
                "kind": kind,
                "child_id": self.id,
                "source": self._source,
                "record": subject.get("advice") or subject.get("review") or self._request,
                "version": 1,
                "subject": subject,
                "effective_on": on.isoformat(),
                "recorded_at": f"{told}T09:00:00Z",
                "received_at": f"{told}T09:00:00Z",
                "data": data,
            }
        )

    def _days(self, least: int, most: int) -> timedelta:
        return timedelta(days=self._random.randint(least, most))
