"""Which decisions of a case went to mediation or to the tribunal: as challenges in its record, and as orders.

An order, a notice that an appeal is not opposed and an agreement in mediation leave limits of their own; those show
what had been contested also where no source told of the appeal or the mediation itself.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from schemas.deadlines import OPEN_STATES, Deadline
from schemas.records import CaseRecord

ASSESS = "order-plan-14w"
_ABOUT: Mapping[str, str] = {
    ASSESS: "request",
    "order-final-11w": "assessment",
    "order-amend-5w": "other",
    "order-school-2w": "other",
}
"""What an order's limit shows to have been contested."""

ORDER_CLOCKS = frozenset(_ABOUT)

Contest = tuple[str, bool]
"""A decision (request: the refusal to assess, assessment: that to make no plan, other: a plan), and whether at the
tribunal; else in mediation."""


def contests_of(case: CaseRecord, orders: Iterable[Deadline], last: date = date.max) -> frozenset[Contest]:
    """The contests of a case by the end of a day, with the limits that its orders and agreements left by then.

    A challenge without a day always counts: its record was made before days were kept.
    """
    told = {(each.decision, each.tribunal) for each in case.challenges if each.on is None or each.on <= last}
    return frozenset(told | {_shown(case, order) for order in orders if order.starts_on <= last})


def is_ordered(case: CaseRecord, orders: Iterable[Deadline], last: date) -> bool:
    """Whether an assessment that had been refused was under way at the end of a day, by an order or an agreement."""
    return case.decided == "refuse" and any(order.clock == ASSESS and _was_open(order, last) for order in orders)


def _shown(case: CaseRecord, order: Deadline) -> Contest:
    about = _ABOUT[order.clock]
    if about == "request" and case.decided != "refuse":
        about = "other"  # an order to assess again is about a plan
    return about, order.subject.mediation is None


def _was_open(order: Deadline, last: date) -> bool:
    later = order.met_on is not None and order.met_on > last
    return order.starts_on <= last and (order.state in OPEN_STATES or later)
