"""Splink on the same records, with the settings that its own guide leads to: its name, date and e-mail comparisons,
term frequencies, u by random sampling, m by expectation and maximisation, and generous blocking.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

import pandas
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from hub.core.identity.scoring.judging import Figures, figures

_SEED = 1
Ids = tuple[Any, Any]


def comparisons(columns: str) -> list[Any]:
    """What Splink compares of a set."""
    if columns == "fake":
        return [
            _with_frequencies(cl.NameComparison("first_name")),
            _with_frequencies(cl.NameComparison("surname")),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            _with_frequencies(cl.ExactMatch("city")),
            cl.EmailComparison("email"),
        ]
    found = [
        _with_frequencies(cl.NameComparison("given_name")),
        _with_frequencies(cl.NameComparison("surname")),
        cl.DateOfBirthComparison("date_of_birth", input_is_string=True),
        cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]),
        cl.JaroWinklerAtThresholds("address", [0.9, 0.7]),
        cl.JaroWinklerAtThresholds("address_2", [0.9, 0.7]),
        _with_frequencies(cl.JaroWinklerAtThresholds("suburb", [0.9, 0.7])),
        cl.ExactMatch("state"),
    ]
    return found if columns == "febrl-no-number" else [*found, cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2])]


def _with_frequencies(comparison: Any) -> Any:
    return comparison.configure(term_frequency_adjustments=True)


def blocks(columns: str) -> list[Any]:
    """Which pairs it looks at."""
    if columns == "fake":
        return [block_on(column) for column in ("first_name", "surname", "dob", "email", "city")]
    found = [
        block_on("given_name", "surname"),
        block_on("date_of_birth"),
        block_on("given_name", "postcode"),
        block_on("surname", "postcode"),
        block_on("address"),
        block_on("address_2", "suburb"),
        block_on("given_name", "state", "suburb"),
        block_on("surname", "suburb"),
    ]
    return found if columns == "febrl-no-number" else [*found, block_on("soc_sec_id")]


def _trained_on(columns: str) -> list[Any]:
    if columns == "fake":
        return [block_on("first_name", "surname"), block_on("dob"), block_on("email")]
    return [block_on("date_of_birth"), block_on("given_name", "surname"), block_on("postcode", "suburb")]


def linker(frames: Sequence[pandas.DataFrame], columns: str) -> Linker:
    """A trained linker."""
    api = DuckDBAPI()
    settings = SettingsCreator(
        link_type="link_only" if len(frames) > 1 else "dedupe_only",
        comparisons=comparisons(columns),
        blocking_rules_to_generate_predictions=blocks(columns),
        probability_two_random_records_match=1 / len(frames[0]),
    )
    registered = [api.register(frame) for frame in frames]
    found = Linker(registered if len(frames) > 1 else registered[0], settings, log_level=40)
    found.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=_SEED)
    for block in _trained_on(columns):
        found.training.estimate_parameters_using_expectation_maximisation(block)
    return found


def best(frames: Sequence[pandas.DataFrame], columns: str, truth: set[Ids]) -> tuple[Figures, float]:
    """Splink's figures of pairs at the threshold that is best knowing the truth, and the seconds it took."""
    begun = time.perf_counter()
    predicted = linker(frames, columns).inference.predict(threshold_match_weight=-10).as_pandas_dataframe()
    pairs = zip(predicted.match_weight, predicted.unique_id_l, predicted.unique_id_r, strict=True)
    ordered = sorted(((weight, one, other) for weight, one, other in pairs), key=lambda each: -each[0])
    found, right = figures(0, 0, len(truth)), 0
    for said, (_, one, other) in enumerate(ordered, 1):
        right += (one, other) in truth or (other, one) in truth
        now = figures(right, said, len(truth))
        found = max(found, now, key=lambda each: each.f1)
    return found, time.perf_counter() - begun


def look_up(frame: pandas.DataFrame) -> Callable[[pandas.DataFrame], object]:
    """Looks single records up among people: a function from a record to those whom it may be."""
    api = DuckDBAPI()
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            _with_frequencies(cl.NameComparison("given")),
            _with_frequencies(cl.NameComparison("family")),
            cl.DateOfBirthComparison("born", input_is_string=True),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("born"),
            block_on("given", "family"),
            block_on("postcode"),
        ],
        probability_two_random_records_match=1 / len(frame),
    )
    known = api.register(frame)
    found = Linker(known, settings, log_level=40)
    found.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=_SEED)
    for column in ("given", "family"):
        found.table_management.compute_tf_table(column)

    def ask(record: pandas.DataFrame) -> object:
        between = found.inference.predict_between(known, api.register(record), threshold_match_weight=-4)
        return between.as_pandas_dataframe()

    return ask
