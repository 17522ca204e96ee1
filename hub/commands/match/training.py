"""Training weights with Splink: its estimates of how often each of our levels occurs, judged beside our own fit.

Splink compares in SQL; the levels are ours, so its SQL asks a function of ours which level two records are on.
"""

from collections.abc import Sequence
from typing import Any

from hub.commands.match.engine import FAINT, Engine
from hub.commands.match.mapping import Unfit
from hub.commands.match.records import Record
from hub.commands.match.truth import Truth
from hub.core.identity.policies import CURRENT
from hub.core.identity.scoring.compare import compare
from hub.core.identity.scoring.fitting import told
from hub.core.identity.scoring.judging import Pair, pairwise
from hub.core.identity.scoring.weights import Level, Weights

_MOST_PAIRS = 200_000
"""Pairs at large on which Splink counts u."""


def train(records: Sequence[Record], truth: Truth | None, weights: Weights, version: str) -> Weights:
    """Weights as Splink estimates them, unless our own fit, or what the truth tells of those it trains on, is judged
    better; all judgements are in the card.

    With the truth, half of the people (by a hash of their group) train and the other half judge. Without it Splink's
    stand, and nothing is claimed. Raises Unfit where Splink is not installed or has too little to learn from.
    """
    training, judging = _halves(records, truth)
    fitted = Engine(training, weights, fit=True).weights
    splinks = _splink(training, fitted)
    card = {"trained on": f"{len(training)} records", "with": "Splink, on the hub's own levels"}
    if truth is None:
        card["judged on"] = "nothing: no truth was given"
        return splinks.model_copy(update={"version": version, "card": card})
    counted = told(fitted, weights, [record.traits for record in training], _own(training, truth, records))
    tried = {"Splink": splinks, "own fit": fitted, "counted on the truth": counted}
    f1 = {name: _f1(judging, truth, each, records) for name, each in tried.items()}
    card["judged on"] = f"{len(judging)} records of other people"
    card["F1 of pairs"] = ", ".join(f"{name} {value:.4f}" for name, value in f1.items())
    card["kept"] = max(f1, key=lambda name: f1[name])
    return tried[card["kept"]].model_copy(update={"version": version, "card": card})


def _halves(records: Sequence[Record], truth: Truth | None) -> tuple[list[Record], list[Record]]:
    if truth is None:
        return list(records), []
    sides = [group * 2_654_435_761 % 2**32 < 2**31 for group in truth.groups]
    training = [record for record, side in zip(records, sides, strict=True) if side]
    judging = [record for record, side in zip(records, sides, strict=True) if not side]
    if not training or not judging:
        raise Unfit("there are too few people to train on one half and judge on the other")
    return training, judging


def _f1(judging: Sequence[Record], truth: Truth, weights: Weights, records: Sequence[Record]) -> float:
    scored = Engine(judging, weights, fit=False).score().pairs
    said = {pair for pair, probability in scored.items() if probability >= CURRENT.asked_from}
    return pairwise(said, _own(judging, truth, records)).f1


def _own(part: Sequence[Record], truth: Truth, records: Sequence[Record]) -> list[Pair]:
    """The true pairs among some of the records, by their places among these."""
    places = {(record.file, record.id): place for place, record in enumerate(part)}
    own = [places.get((record.file, record.id)) for record in records]
    found = ((own[one], own[other]) for one, other in truth.pairs)
    return sorted((one, other) for one, other in found if one is not None and other is not None)


def _splink(records: Sequence[Record], start: Weights) -> Weights:
    try:
        import pandas
        from splink import DuckDBAPI, Linker, SettingsCreator, block_on
    except ImportError:
        raise Unfit("training needs Splink: install it with `deploy/bootstrap train`") from None
    traits = [record.traits for record in records]
    kinds = tuple(start.further.values())
    last: dict[str, Any] = {"pair": None, "levels": []}

    def level(field: int, one: int, other: int) -> int:
        if last["pair"] != (one, other):
            last["pair"], last["levels"] = (one, other), compare(traits[one], traits[other], kinds)
        return int(last["levels"][field])

    api = DuckDBAPI()
    api._con.create_function("sendhub_level", level, ["INTEGER", "INTEGER", "INTEGER"], "INTEGER")
    frame = pandas.DataFrame(
        {
            "unique_id": range(len(records)),
            "place": range(len(records)),
            "born": [each.birth_text or None for each in traits],
            "named": [
                f"{each.given_text} {each.family_text}" if each.given and each.family else None for each in traits
            ],
            "home": [each.postcode or None for each in traits],
        }
    ).astype({"place": "int32"})
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[_comparison(place, name, start) for place, name in enumerate(start.fields)],
        blocking_rules_to_generate_predictions=[block_on("named"), block_on("born"), block_on("home")],
        probability_two_random_records_match=min(0.5, max(start.rate / max(len(records), 2), 1e-9)),
        retain_matching_columns=False,
    )
    linker = Linker(api.register(frame), settings, log_level=40)
    try:
        linker.training.estimate_u_using_random_sampling(max_pairs=_MOST_PAIRS, seed=1)
        for column in ("named", "born"):
            linker.training.estimate_parameters_using_expectation_maximisation(block_on(column))
    except Exception as error:
        raise Unfit(
            f"Splink could not be trained on these records ({type(error).__name__}): are there too few?"
        ) from None
    return _taken_from(linker.misc.save_model_to_json(), start)


def _comparison(place: int, name: str, start: Weights) -> dict[str, Any]:
    asked = f"sendhub_level({place}, place_l, place_r)"
    levels = [{"sql_condition": f"{asked} = -1", "label_for_charts": "not known", "is_null_level": True}]
    for number, (label, known) in enumerate(start.fields[name].levels.items()):
        levels.append(
            {
                "sql_condition": f"{asked} = {number}",
                "label_for_charts": label,
                "m_probability": max(known.m, FAINT / 100),
                "u_probability": max(known.u, FAINT / 100_000),
            }
        )
    levels[-1] = {**levels[-1], "sql_condition": "ELSE"}
    return {"output_column_name": name, "comparison_levels": levels}


def _taken_from(model: dict[str, Any], start: Weights) -> Weights:
    """Splink's shares in our shape; where it had nothing to learn from, what was there before."""
    fields = dict(start.fields)
    for comparison in model["comparisons"]:
        name = comparison["output_column_name"]
        known = start.fields[name].levels
        said = {level["label_for_charts"]: level for level in comparison["comparison_levels"]}
        fields[name] = start.fields[name].model_copy(
            update={
                "levels": {
                    label: Level(
                        m=min(1.0, said[label].get("m_probability") or level.m),
                        u=min(1.0, said[label].get("u_probability") or level.u),
                    )
                    for label, level in known.items()
                }
            }
        )
    return start.model_copy(update={"fields": fields})
