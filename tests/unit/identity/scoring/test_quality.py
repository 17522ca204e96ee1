"""The small labelled sets: the whole table is `python -m bench.matching quality`."""

import pytest

from bench.matching.quality import judged
from bench.matching.sets import labelled_sets


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return {each.name: each for each in labelled_sets(tmp_path_factory.mktemp("sets"), febrl=(1,))}


def test_of_a_thousand_records_with_five_hundred_duplicates_hardly_one_is_missed(small):
    found = judged(small["FEBRL1"])
    assert found.pairwise.f1 >= 0.998
    assert found.false_links == []
    assert judged(small["FEBRL1 without soc_sec_id"]).pairwise.f1 >= 0.995


@pytest.mark.needs_shared
def test_on_heavily_damaged_records_it_is_no_worse_than_splink_at_its_best(shared, small, monkeypatch, tmp_path):
    monkeypatch.setenv("SENDHUB_SHARED", str(shared.parent))
    (fake,) = [each for each in labelled_sets(tmp_path, febrl=()) if each.name == "fake_1000"]
    assert judged(fake).pairwise.f1 >= 0.8836
