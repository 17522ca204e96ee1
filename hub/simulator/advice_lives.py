"""The life of one advice request: sent, worked on, answered, late, sent back, asked anew or never answered."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from hub.simulator import rates
from hub.simulator.pen import Pen, friday, office
from hub.simulator.people import Child
from hub.simulator.rates import Service
from hub.simulator.truths import Advice, Truth

_LIMIT = 42


@dataclass
class AdviceWriter:
    """Writes the advice of one case. Nothing happens from `ends_on` (withdrawn) on; `draft_on` is the plan's draft.

    Nothing is recorded before `known_from`, the day the council recorded the request.
    """

    pen: Pen
    child: Child
    request: str
    known_from: date
    asked_on: date
    ends_on: date | None = None
    draft_on: date | None = None

    def __post_init__(self) -> None:
        self.advice: list[Advice] = []
        self.truths: list[Truth] = []

    def write(self) -> None:
        """Every body asked: three or four of the council's and schools', two to four of health."""
        for service in self._services():
            self._write_one(service)

    def _services(self) -> list[Service]:
        pen = self.pen
        health = [service for service in rates.HEALTH if pen.chance(service.asked)][:4]
        health += [service for service in rates.HEALTH if service not in health][: max(0, 2 - len(health))]
        own = [rates.EDUCATION, rates.PSYCHOLOGY, rates.SOCIAL_CARE]
        if self.child.age(self.asked_on) >= 14:
            own.append(rates.ADULTHOOD)
        return own + health

    def _write_one(self, service: Service) -> None:
        pen = self.pen
        advice = self._asked_for(service)
        sent_on = office(self.asked_on + timedelta(days=pen.rng.choices((0, 1, 2, 5, 8), (30, 30, 20, 15, 5))[0]))
        if not self._ask(advice, sent_on):
            return
        start = self._deliver(advice, sent_on)
        if pen.chance(rates.CANCELLED):
            self._council("advice.cancelled", start + pen.days(5, 40), advice, reason="not needed")
        elif pen.chance(service.not_known):
            self._answer(advice, friday(start + pen.days(7, 35)), not_known=True)
        elif service.source and pen.chance(rates.DECLINED):
            self._decline(advice, start + pen.days(5, 30))
        else:
            self._come_in(advice, start, self._answered_on(service, sent_on, start))

    def _asked_for(self, service: Service) -> Advice:
        """A trust answers by BaRS for most of the children whose NHS number is known to be right."""
        pen, child = self.pen, self.child
        role = "early-years" if service.role == "school" and child.age(self.asked_on) < 5 else service.role
        by_bars = service.source and pen.chance(rates.BY_BARS if child.verified else 0.1)
        return Advice(
            id=pen.advice_id(),
            request=self.request,
            heading=service.heading,
            service=service.name,
            role=role,
            ods=service.ods,
            urn=f"999{pen.rng.randrange(200):03d}" if role in ("school", "early-years") else None,
            source=service.source if by_bars else None,
        )

    def _ask(self, advice: Advice, sent_on: date) -> bool:
        data: dict[str, Any] = {"heading": advice.heading, "service": advice.service, "asked": advice.asked}
        if advice.replaces:
            data["replaces"] = {"advice": advice.replaces, "because": "quality"}
        known = {name: value for name, value in data.items() if value is not None}
        unrecorded = not advice.replaces and self.pen.chance(rates.ASKED_UNRECORDED)
        recorded_from = sent_on + self.pen.days(20, 45) if unrecorded else sent_on
        if not self._council("advice.requested", sent_on, advice, not_before=recorded_from, **known):
            return False
        self.advice.append(advice)
        return True

    def _deliver(self, advice: Advice, sent_on: date) -> date:
        """The day that the six weeks run from: when it reached the body, where that is known."""
        pen = self.pen
        if not pen.chance(0.75 if advice.role == "trust" else 0.3):
            return sent_on
        reached_on = sent_on + pen.days(0, 2)
        told = self._council("advice.delivered", reached_on, advice, webhook=False)
        return reached_on if told else sent_on

    def _answered_on(self, service: Service, sent_on: date, start: date) -> date:
        if service.source and self.pen.chance(rates.MISSING):
            return friday(start + self.pen.days(300, 900))
        wait = self.pen.wait(service.in_time, 10, 36, _LIMIT, service.late_weeks * 7)
        answered_on = friday(start + wait)
        draft_on = self.draft_on
        if service is rates.PSYCHOLOGY and draft_on and answered_on >= draft_on and self.pen.chance(0.97):
            # A plan cannot properly issue without the psychologist's advice.
            return friday(max(sent_on + timedelta(days=7), draft_on - self.pen.days(3, 30)))
        return answered_on

    def _come_in(self, advice: Advice, start: date, answered_on: date) -> None:
        pen = self.pen
        if advice.source:
            self._work(advice, start, answered_on)
        if pen.chance(rates.DRAFT_FIRST) and not advice.source:
            draft_on = answered_on - pen.days(3, 9)
            self._receive(advice, draft_on, occurrence="draft", final=False)
        self._answer(advice, answered_on)
        if pen.chance(rates.POOR):
            self._send_back(advice, answered_on)

    def _work(self, advice: Advice, start: date, answered_on: date) -> None:
        """What a trust tells while it works."""
        pen, span = self.pen, max(1, (answered_on - start).days - 2)
        at = start + timedelta(days=min(span, pen.rng.randint(0, 6)))
        if pen.chance(rates.SENT_BACK):
            self._trust("advice.returned", at, advice, reason="more-information-needed")
        elif pen.chance(0.75):
            self._trust("advice.acknowledged", at, advice)
        if pen.chance(0.7):
            at += timedelta(days=pen.rng.randint(0, max(0, span - (at - start).days)))
            self._trust("advice.allocated", at, advice)
        if span > 20 and pen.chance(rates.MISSED):
            missed_on = friday(start + timedelta(days=pen.rng.randint(12, span - 4)))
            self._trust("advice.appointment-missed", missed_on, advice)

    def _answer(self, advice: Advice, on: date, occurrence: str = "", not_known: bool = False) -> None:
        """The body's answer, told by the trust where it uses BaRS, and as the council logs it."""
        pen = self.pen
        said: dict[str, Any] = {"not_known": True} if not_known else {}
        logged_on = on
        if advice.source and (not_known or pen.chance(0.9)):
            self._trust("advice.received", on, advice, **said)
            logged_on = on + pen.days(1, 5) if pen.chance(rates.LOGGED_LATE) else on
        elif advice.source:
            self._trust("advice.sent-by-body", on, advice)
            logged_on = on + pen.days(1, 6)
        self._receive(advice, logged_on, occurrence, **said)

    def _receive(self, advice: Advice, on: date, occurrence: str = "", **data: Any) -> None:
        share = 0.6 if advice.role == "trust" else 0.85
        webhook = self.pen.chance(share)
        self._council("advice.received", on, advice, webhook=webhook, occurrence=occurrence, **data)

    def _decline(self, advice: Advice, on: date) -> None:
        on = office(on)
        data: dict[str, Any] = {"ground": "incompatible-with-duties", "reasons_given": True}
        if advice.source:
            self._trust("advice.declined", on, advice, **data)
        self._council("advice.declined", on, advice, webhook=False, **data)

    def _send_back(self, advice: Advice, answered_on: date) -> None:
        """Advice too poor to use: the same request is answered again, or a new one replaces it."""
        pen = self.pen
        back_on = office(answered_on + pen.days(7, 14))
        if not self._council("advice.returned", back_on, advice, reason="other"):
            return
        better_on = friday(back_on + pen.days(16, 45))
        asked_on = office(back_on + timedelta(days=1))
        if asked_on < pen.first_day or pen.chance(0.5):
            self._answer(advice, better_on, occurrence="again")
            return
        anew = replace(advice, id=pen.advice_id(), replaces=advice.id)
        if self._ask(anew, asked_on):
            self._answer(anew, better_on)

    def _council(
        self,
        kind: str,
        on: date,
        advice: Advice,
        *,
        webhook: bool = True,
        occurrence: str = "",
        not_before: date | None = None,
        **data: Any,
    ) -> bool:
        if self.ends_on and on >= self.ends_on:
            return False
        truth = self.pen.council(
            kind,
            on,
            self.request,
            advice.id,
            webhook=webhook,
            occurrence=occurrence,
            not_before=max(self.known_from, not_before or on),
            **data,
        )
        return self._keep(truth)

    def _trust(self, kind: str, on: date, advice: Advice, **data: Any) -> bool:
        if advice.source is None or (self.ends_on and on >= self.ends_on):
            return False
        return self._keep(self.pen.trust(kind, on, self.request, advice.id, advice.source, **data))

    def _keep(self, truth: Truth | None) -> bool:
        if truth is not None:
            self.truths.append(truth)
        return truth is not None
