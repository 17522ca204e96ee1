"""What clocks run for, as rules see it: cases, advice chains and other matters made into subjects."""

from collections.abc import Callable
from datetime import date

from hub.core.cases.advice import Chain
from hub.core.cases.body import Body
from hub.core.cases.case import Case, Cases
from hub.core.cases.claims import Claims
from hub.core.cases.disagreement import Precedence
from hub.core.cases.matter import Matter
from hub.core.clocks.deadline import Subject
from hub.core.clocks.rules import ENDED, REFUSED
from hub.core.facts.fact import Fact

Said = Callable[[list[str]], tuple[str, ...]]
"""What is unclear about any of these ids, in words."""

AUTHORITY = Body("own-authority")


class Subjects:
    """Makes subjects of one child: knows its sources' areas, its claims and what is unclear about it."""

    def __init__(self, precedence: Precedence, claims: Claims, cases: Cases, said: Said) -> None:
        self._precedence = precedence
        self._claims = claims
        self._died = cases.died
        self._said = said

    def of_case(self, case: Case) -> Subject:
        """A case: the requests that run as one."""
        start, ids = case.lead.start, [request.id for request in case.requests]
        return Subject(
            id=case.id,
            shown={"request": case.id},
            source=start.source,
            seen_on=case.lead.seen_on,
            live_from=self._precedence.live_from(start.source),
            moments=case.moments,
            because=case.because,
            responsible=AUTHORITY,
            area=case.lead.area,
            case_reference=case.case_reference,
            questions=self._said(ids),
            case=case,
            claims=self._claims.about("request", ids),
        )

    def of_chain(self, chain: Chain) -> Subject:
        """An advice chain: its own moments, and those that end the advice with its request or its child."""
        case, source = chain.case, chain.start.source
        named = case.id if case else chain.request_named
        shown = {"request": named} if named else {}
        ids = list(dict.fromkeys([chain.id, *(link.id for link in chain.links)]))
        ended = self._ended(chain)
        claims, appointments = self._claims.about("advice", ids), self._claims.missed(ids)
        subject = Subject(
            id=chain.id,
            shown=shown | {"advice": chain.latest.id},
            source=source,
            seen_on=chain.seen_on,
            live_from=self._precedence.live_from(source),
            moments=chain.moments,
            because=chain.because,
            responsible=chain.asked,
            area=case.lead.area if case else self._precedence.area(source),
            case_reference=case.case_reference if case else None,
            questions=self._said(ids),
            case=case,
            chain=chain,
            bodies=tuple(chain.bodies()) if claims or appointments else (),
            claims=claims,
            appointments=appointments,
        )
        if ended:
            subject.moments = chain.moments | {moment: on for moment, (on, _) in ended.items()}
            subject.because = chain.because | {moment: fact for moment, (_, fact) in ended.items()}
        return subject

    def of_matter(self, matter: Matter) -> Subject:
        """Anything else: the area is its case's, else its source's."""
        case, source = matter.case, matter.start.source
        claims = self._claims.about(matter.about, [matter.id]) if matter.about in ("order", "reassessment") else ()
        return Subject(
            id=matter.id,
            shown=matter.shown,
            source=source,
            seen_on=matter.seen_on,
            live_from=self._precedence.live_from(source),
            moments=matter.moments,
            because=matter.because,
            responsible=matter.body or AUTHORITY,
            area=case.lead.area if case else self._precedence.area(source),
            case_reference=case.case_reference if case else None,
            questions=self._said(
                [matter.id, *(matter.shown.get(name, "") for name in ("plan",) if matter.about == name)]
            ),
            case=case,
            claims=claims,
            year=matter.year,
            directed=matter.directed,
        )

    def _ended(self, chain: Chain) -> dict[str, tuple[date, Fact]]:
        """A refusal ends no advice that was asked for after it: an order, a mediation agreement or a change of mind
        lies between, and the body's six weeks run (reg 8)."""
        ended = {}
        if self._died is not None and self._died.effective_on is not None:
            ended["child.died"] = (self._died.effective_on, self._died)
        case = chain.case
        if case is not None:
            for moment in ENDED:
                if moment in case.moments:
                    ended[moment] = (case.moments[moment], case.because[moment])
        if REFUSED in ended and ended[REFUSED][0] < chain.latest.requested_on:
            del ended[REFUSED]
        return ended
