"""Facts of one child as busy and as wrong as they may come: small alphabets, so that facts meet."""

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.unit.casework.facts import CHILD, COUNCIL, ICB, TRACKER, TRUST

FIRST, LAST = date(2026, 1, 1), date(2026, 9, 30)
AFTER = LAST + timedelta(days=60)

AGREED = [{"by": by, "on": "2026-02-01"} for by in ("author", "authority", "family")]
BODIES = [ICB, {"role": "trust", "ods": "RXQ"}, {"role": "own-authority"}, {"role": "school", "setting": "set-1"}]
HEADINGS = ["medical", "psychological", "education"]
SERVICES = ["speech-and-language", "occupational-therapy", None]

requests = st.sampled_from(["REQ-1", "REQ-2", f"{COUNCIL}/REQ-1"])
advices = st.sampled_from(["ADV-1", "ADV-2", "ADV-3", f"{COUNCIL}/ADV-1"])
outcomes = {
    "assessment.decided": ["assess", "assess", "refuse"],
    "plan.decided": ["issue", "issue", "no-plan"],
}


def compact(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


@st.composite
def request_parts(draw: st.DrawFn) -> tuple[str, dict[str, str], dict[str, Any]]:
    kind = draw(
        st.sampled_from(
            ["assessment.requested"] * 3
            + ["assessment.decided", "assessment.withdrawn", "plan.decided", "plan.draft-sent"]
            + [
                "plan.issued",
                "plan.amended",
                "plan.ceased",
                "child.moved",
                "child.died",
                "child.restricted",
                "exemption.claimed",
            ]
        )
    )
    data: dict[str, Any] = {}
    if kind in outcomes:
        data = {"outcome": draw(st.sampled_from(outcomes[kind]))}
    elif kind == "exemption.claimed":
        data = draw(CLAIMS)
    elif kind == "child.died":
        data = {"notice": draw(st.sampled_from(["formal", "informal"]))}
    elif kind == "child.moved":
        data = {"to_area": draw(st.sampled_from(["825", "921"]))}
    named = draw(st.one_of(requests, requests, st.none()))
    return kind, compact(request=named), data


@st.composite
def advice_parts(draw: st.DrawFn) -> tuple[str, dict[str, str], dict[str, Any]]:
    kind = draw(
        st.sampled_from(
            ["advice.requested"] * 4
            + ["advice.delivered", "advice.delivered", "advice.received", "advice.received", "advice.received"]
            + ["advice.acknowledged", "advice.sent-by-body", "advice.returned", "advice.declined"]
            + ["advice.cancelled", "advice.satisfied-by-existing", "subject.linked", "exemption.claimed"]
            + ["exemption.accepted", "exemption.refused"]
        )
    )
    named = draw(st.one_of(advices, advices, st.none()))
    subject = compact(advice=named, request=draw(st.one_of(requests, st.none())))
    return kind, subject, draw(DATA[kind]) if kind in DATA else {}


CLAIMS = st.fixed_dictionaries(
    {"ground": st.sampled_from(["absence", "exceptional-circumstances", "missed-appointment", "other"])},
    optional={
        "from": st.sampled_from(["2026-02-01", "2026-04-01"]),
        "to": st.sampled_from(["2026-03-15", "2026-06-01"]),
    },
)

DATA: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "exemption.claimed": CLAIMS,
    "exemption.accepted": st.fixed_dictionaries({"claim": st.sampled_from(["R-1", "R-2"])}),
    "exemption.refused": st.fixed_dictionaries({"claim": st.sampled_from(["R-1", "R-2"])}),
    "advice.requested": st.builds(
        compact,
        heading=st.sampled_from(HEADINGS),
        service=st.sampled_from(SERVICES),
        asked=st.sampled_from(BODIES),
        required=st.sampled_from([None, False]),
        replaces=st.one_of(
            st.none(),
            st.builds(
                lambda advice, because: {"advice": advice, "because": because},
                advices,
                st.sampled_from(["quality", "change-of-need", "wrong-body", "icb-changed"]),
            ),
        ),
    ),
    "advice.delivered": st.builds(
        compact, leg=st.sampled_from([None, None, "onward"]), to=st.sampled_from([None, *BODIES[:2]])
    ),
    "advice.received": st.fixed_dictionaries(
        {},
        optional={
            "from": st.sampled_from(BODIES),
            "usable": st.sampled_from([True, False, "not-checked"]),
            "final": st.booleans(),
            "not_known": st.booleans(),
            "heading": st.sampled_from(HEADINGS),
            "service": st.sampled_from(SERVICES[:2]),
            "answers": st.lists(advices, max_size=2),
        },
    ),
    "advice.declined": st.fixed_dictionaries(
        {"ground": st.sampled_from(["harms-functions", "other"]), "reasons_given": st.booleans()}
    ),
    "advice.satisfied-by-existing": st.fixed_dictionaries(
        {"heading": st.sampled_from(HEADINGS), "agreements": st.sampled_from([AGREED, AGREED[:2]])}
    ),
    "subject.linked": st.just({"to": {"advice": f"{COUNCIL}/ADV-1"}}),
}


@st.composite
def facts(draw: st.DrawFn) -> dict[str, Any]:
    kind, subject, data = draw(st.one_of(request_parts(), advice_parts(), advice_parts()))
    on = FIRST + timedelta(days=draw(st.integers(0, 200)))
    received = min(on + timedelta(days=draw(st.integers(-3, 40))), LAST)
    link = draw(st.sampled_from([None, None, None, "lnk-1"]))
    hour = draw(st.sampled_from(["00:30", "12:00", "23:30"]))
    return {
        "kind": kind,
        "child_id": CHILD,
        "source": draw(st.sampled_from([COUNCIL, COUNCIL, TRACKER, TRUST])),
        "record": draw(st.sampled_from(["R-1", "R-2", "R-3"])),
        "version": draw(st.integers(1, 2)),
        "subject": subject,
        "effective_on": draw(st.sampled_from([on.isoformat()] * 9 + [None])),
        "recorded_at": f"{received.isoformat()}T00:15:00Z",
        "received_at": f"{received.isoformat()}T{hour}:00Z",
        "retracted": draw(st.sampled_from([False] * 7 + [True])),
        "data": data,
    } | ({"link": link, "seq": draw(st.integers(1, 2))} if link else {})


@st.composite
def decisions(draw: st.DrawFn) -> dict[str, Any]:
    """Identity's word on the one link that facts carry here."""
    on = FIRST + timedelta(days=draw(st.integers(0, 100)))
    seq = draw(st.integers(1, 3))
    return {
        "kind": draw(st.sampled_from(["link.assigned", "link.assigned", "link.released"])),
        "child_id": CHILD,
        "source": "hub",
        "record": "lnk-1",
        "version": seq,
        "effective_on": on.isoformat(),
        "recorded_at": f"{on.isoformat()}T10:00:00Z",
        "received_at": f"{on.isoformat()}T10:00:00Z",
        "link": "lnk-1",
        "seq": seq,
    }


def histories(max_size: int = 14) -> st.SearchStrategy[list[dict[str, Any]]]:
    """The facts of one child."""
    return st.builds(
        lambda said, decided: said + decided,
        st.lists(facts(), min_size=1, max_size=max_size),
        st.lists(decisions(), max_size=2),
    )


@st.composite
def sayings(draw: st.DrawFn) -> dict[str, Any]:
    """That a source fell silent or was heard again, with the instant at which it became known or without."""
    on = FIRST + timedelta(days=draw(st.integers(0, (AFTER - FIRST).days)))
    known = on + timedelta(days=draw(st.sampled_from([0, 0, 0, 2])))
    said = {
        "kind": draw(st.sampled_from(["source.silent", "source.silent", "source.heard"])),
        "effective_on": on.isoformat(),
        "data": {"source": draw(st.sampled_from([COUNCIL, COUNCIL, TRUST]))},
    }
    if draw(st.sampled_from([True, True, True, False])):
        said["received_at"] = f"{min(known, AFTER).isoformat()}T{draw(st.sampled_from(['09', '15']))}:00:00Z"
    return said


silences = st.lists(sayings(), max_size=4)


days = st.integers(0, (AFTER - FIRST).days).map(lambda n: FIRST + timedelta(days=n))
