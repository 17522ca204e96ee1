"""What became of a message, in words for somebody on call: at a glance for a list, stage by stage for its page."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from hub.api.pages import words
from schemas.trail import WITHHELD

Json = Mapping[str, Any]

STATES: Mapping[str, str] = {
    "read": "Read by intake",
    "out-of-scope": "Out of scope",
    "taken": "Facts of a child",
    "repeat": "Said nothing new",
    "asked": "A person is asked",
    "kept": "Waits for an answer",
    "dead-letter": "Given up by a stage",
}
"""What a message can be found by, in words."""

STAGES: Mapping[str, str] = {
    "webhook": "Webhook connector",
    "files": "Files connector",
    "bars": "BaRS connector",
    "pds": "PDS connector",
    "intake": "Intake",
    "identity": "Identity",
    "casework": "Casework",
    "projection": "Read model",
    "ticker": "Ticker",
    "api": "API and pages",
    "desk": "Identity's desk",
    "exporter": "Exporter",
    "audit": "Audit",
}

STEPS: Mapping[str, str] = {
    "read": "reading the record",
    "decode": "decoding the body",
    "handle": "working on it",
    "produce": "writing what came of it",
    "project": "writing it to the read model",
    "deliver": "delivering it",
}
"""In which a stage gave a record up."""

HELPS: Mapping[str, str] = {
    "read": "Ask the sender to send it again, or whoever wrote the record; then resolve this letter.",
    "decode": "Mend the sender, or the decoder; then replay it.",
    "handle": "Register the source where that is missing, or mend the stage; then replay it.",
    "produce": "An output was larger than its topic takes. Mend that, then replay it.",
    "project": "Mend the projection, then replay it: it is written into the read model directly.",
    "deliver": "Mend the receiver, then replay it.",
}
"""What usually helps."""

_TITLES: Mapping[str, str] = {"taken": "Taken", "repeat": "Nothing new", "asked": "A person is asked", "kept": "Waits"}
_TAKEN: Mapping[str, str] = {
    "taken": "taken as facts of a child.",
    "repeat": "said nothing that was not known.",
    "asked": "a person is asked whose it is. Nothing of it is in a child's record until they answer.",
    "kept": "waits, as an earlier question about the same is open, or there is too little to go by yet.",
}


class Glance(NamedTuple):
    """The state of a message in a list: how its tag is coloured, what it says, and what is beside it."""

    tag: str
    title: str
    detail: str


class Part(NamedTuple):
    """One thing that happened to it at one stage. `child` is who it was taken for, `hidden` where that is not for
    whoever looks."""

    stage: str
    tag: str
    title: str
    says: str
    child: str | None = None
    hidden: bool = False
    letter: str | None = None
    task: str | None = None


def glance(steps: Iterable[Json], open_letters: int) -> Glance:
    """The most pressing thing first."""
    known = list(steps)
    intake = next((step for step in known if step["step"] == "intake"), None)
    taken = Counter(step["outcome"] for step in known if step["step"] == "identity")
    looked_at = len({step["observation"] for step in known if step["step"] == "identity"})
    if open_letters:
        return Glance("late", "Given up", words.count(open_letters, "dead letter"))
    if intake is None:
        return Glance("soon", "Not read yet", "")
    if intake["outcome"] == "out-of-scope":
        return Glance("", "Out of scope", "nothing is kept of it")
    if taken["asked"] or taken["kept"]:
        return Glance("soon", "A person is asked" if taken["asked"] else "Waits", _counted(intake))
    if looked_at < intake["observations"]:
        return Glance("soon", "On its way", f"{looked_at} of {words.count(intake['observations'], 'statement')} so far")
    if taken["taken"]:
        return Glance("well", "Taken", _counted(intake))
    return Glance("", "Nothing new", _counted(intake))


def _counted(intake: Json) -> str:
    parts = [words.count(intake["observations"], "statement")] if intake["observations"] else []
    parts += [words.count(intake["questions"], "question")] if intake["questions"] else []
    return ", ".join(parts)


def story(
    steps: Sequence[Json], letters: Sequence[Json], tasks: Sequence[Json], withheld: Collection[str]
) -> list[Part]:
    """Everything that is known of it, in the order of the stages. `withheld` are children not to be told of."""
    intake = next((step for step in steps if step["step"] == "intake"), None)
    given_up = {stage: [each for each in letters if each["stage"] == stage] for stage in {e["stage"] for e in letters}}
    parts = [_read(intake)] if intake is not None else []
    parts += [_letter(each) for each in given_up.pop("intake", ())]
    parts += [_task(each) for each in tasks]
    if not parts:
        parts.append(Part("intake", "soon", "Not read yet", "Intake has not come to it, or its word is on its way."))
    taken = [step for step in steps if step["step"] == "identity"]
    parts += [_taken(step, withheld) for step in taken]
    missing = (intake["observations"] if intake is not None else 0) - len({step["observation"] for step in taken})
    lost = sum(each["stage"] == "identity" for each in letters)
    if missing > lost:
        said = f"{words.count(missing - lost, 'statement')} not looked at yet: identity has not come to it."
        parts.append(Part("identity", "soon", "On its way", said))
    for stage in (*(each for each in STAGES if each in given_up), *sorted(given_up.keys() - STAGES.keys())):
        parts += [_letter(each) for each in given_up[stage]]
    return parts


def _read(step: Json) -> Part:
    if step["outcome"] == "out-of-scope":
        why = f" {words.capitalised(step['reason'])}." if step.get("reason") else ""
        return Part("intake", "", "Out of scope", f"It is none of ours, and nothing is kept of what it says.{why}")
    said = [words.count(step["observations"], "statement")]
    said += [words.count(step["questions"], "question") + " for a person"] if step["questions"] else []
    return Part("intake", "well", "Read", f"{' and '.join(said)} came of it.")


def _taken(step: Json, withheld: Collection[str]) -> Part:
    child, outcome = step.get("child_id"), step["outcome"]
    if child in withheld or child == WITHHELD:
        return Part("identity", "", _TITLES[outcome], "About a child of whom only named people may know.", hidden=True)
    tag = {"taken": "well", "repeat": ""}.get(outcome, "soon")
    says = f"{words.fact(step['kind'])}: {_TAKEN[outcome]}"
    return Part("identity", tag, _TITLES[outcome], says, child=child)


def _letter(letter: Json) -> Part:
    is_open = letter["status"] == "open"
    title = "Given up" if is_open else f"Given up, and {letter['status']} since"
    says = f"While {STEPS.get(letter['step'], letter['step'])}: {letter['message'].rstrip('.')}."
    return Part(letter["stage"], "late" if is_open else "", title, says, letter=letter["id"])


def _task(task: Json) -> Part:
    is_open = task["state"] == "open"
    title = words.KINDS.get(task["question"], task["question"])
    says = words.spelt(words.capitalised(task["detail"]))
    return Part("intake", "soon" if is_open else "", title, says, task=task["id"])
