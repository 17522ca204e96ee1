"""What a question says: the record, its day and what it does not fit, so that a person can act on it."""

import pytest

from tests.unit.casework.facts import COUNCIL, about_advice, about_request, asked, deadlines, fact, on_day, requested

REQUEST = requested("2026-01-05")
ADVICE = asked("2026-02-02")
REFUSED = about_request("assessment.decided", "2026-02-09", data={"outcome": "refuse"})
LATER = about_request("assessment.decided", "2026-03-05", data={"outcome": "assess"}) | {"occurrence": "2"}
TWICE = [
    asked(f"2026-02-0{n}", f"ADV-{n}", replaces={"advice": "ADV-1", "because": "quality"}) for n in (3, 4)
]  # fmt: skip


def about(kind, on, data=None, **subject):
    return fact(kind, on, next(iter(subject.values())), subject=subject, data=data or {})


SAID = [  # facts, code, what it says beside the sentence of its code
    ([requested("2026-01-09", record="COPY") | {"subject": {"request": "REQ-1"}}], "two-starts",
     f"assessment.requested in record COPY of {COUNCIL}, dated 2026-01-09; the earliest is 2026-01-05."),
    ([about_request("plan.issued", "2026-01-02")], "ends-before-start",
     f"plan.issued in record REQ-1 of {COUNCIL}, dated 2026-01-02; the request was received on 2026-01-05."),
    ([ADVICE, about_advice("advice.cancelled", "2026-02-01")], "ends-before-start",
     f"advice.cancelled in record ADV-1 of {COUNCIL}, dated 2026-02-01; asked for on 2026-02-02."),
    ([ADVICE, about_advice("advice.declined", "2026-02-01", data={"ground": "other"})], "ends-before-start",
     f"advice.declined in record ADV-1 of {COUNCIL}, dated 2026-02-01; asked for on 2026-02-02."),
    ([ADVICE, about_advice("advice.received", "2026-01-20")], "advice-before-asked",
     f"advice.received in record ADV-1 of {COUNCIL}, dated 2026-01-20; asked for on 2026-02-02."),
    ([ADVICE, about_advice("advice.delivered", "2026-01-30")], "delivered-before-sent",
     f"advice.delivered in record ADV-1 of {COUNCIL}, dated 2026-01-30; sent on 2026-02-02."),
    ([REFUSED, LATER], "second-decision",
     f"assessment.decided in record REQ-1 of {COUNCIL}, dated 2026-03-05; the first was told on 2026-02-09."),
    ([fact("child.died", "2026-01-04", "D")], "request-after-death",
     f"assessment.requested in record REQ-1 of {COUNCIL}, dated 2026-01-05; the death is dated 2026-01-04."),
    ([about("order.made", "2026-03-02", {"type": "amend-plan", "due_on": "2026-03-01"}, order="O")],
     "directed-before-order", f"order.made in record O of {COUNCIL}, dated 2026-03-02; the date set is 2026-03-01."),
    ([about("plan.issued", "2026-03-02", plan="P"), about("plan.ceased", "2026-03-01", {"reason": 1}, plan="P")],
     "ends-before-start",
     f"plan.ceased in record P of {COUNCIL}, dated 2026-03-01; the plan was issued on 2026-03-02."),
    ([about("appeal.notified", "2026-03-02", appeal="A"), about("appeal.responded", "2026-03-01", appeal="A")],
     "ends-before-start",
     f"appeal.responded in record A of {COUNCIL}, dated 2026-03-01; what it ends began on 2026-03-02."),
    ([ADVICE, *TWICE], "replaced-twice",
     f"advice.requested in record ADV-4 of {COUNCIL}, dated 2026-02-04; both name {COUNCIL}/ADV-1."),
    ([asked("2026-02-02", request="REQ-9")], "unknown-request",
     f"advice.requested in record ADV-1 of {COUNCIL}, dated 2026-02-02; it names {COUNCIL}/REQ-9."),
    ([ADVICE, about_advice("advice.received", "2026-02-20", "ADV-9")], "unknown-advice",
     f"advice.received in record ADV-9 of {COUNCIL}, dated 2026-02-20; it names {COUNCIL}/ADV-9."),
    ([asked("2026-02-02", part_of="ADV-1")], "parts-in-circle",
     f"advice.requested in record ADV-1 of {COUNCIL}, dated 2026-02-02; the circle is {COUNCIL}/ADV-1."),
    ([about_request("plan.issued", None, received="2026-02-02")], "no-date",
     f"plan.issued in record REQ-1 of {COUNCIL}."),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "code", "said"), SAID)
def test_a_question_names_its_record_its_day_and_what_it_does_not_fit(facts, code, said):
    (question,) = [q for q in on_day([REQUEST, *facts], "2026-03-20").questions if q.code == code]
    assert question.detail.endswith(f" It is about {said}")


def test_a_deadline_has_a_sentence_for_each_record():
    early = [about_advice("advice.received", f"2026-01-2{n}") | {"record": f"R-{n}"} for n in (1, 2)]
    said = deadlines(on_day([REQUEST, ADVICE, *early], "2026-03-20"))["advice-6w ADV-1"]["questions"]
    assert [each.partition(" in record ")[2][:3] for each in said] == ["R-1", "R-2"]


def test_its_id_does_not_change_with_its_words():
    plan = about_request("plan.issued", "2026-01-02")
    ids = set()
    for start in ("2026-01-05", "2026-01-06"):
        (question,) = on_day([requested(start), plan], "2026-03-20").questions
        ids.add(question.id("chd-1"))
    assert len(ids) == 1
