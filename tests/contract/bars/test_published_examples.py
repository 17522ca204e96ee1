"""Every published BaRS message bundle, as it is and with a synthetic child's date of birth and NHS number.

The shapes that they need beside the standard's own table are in tests/unit/test_bars_workflow.py, without these files.
"""

from pathlib import Path

import pytest

from connectors.nhs.bars.profile import CONFORMANCE
from connectors.sdk.ledger import MemoryLedger
from hub.core.identity.numbers import nhs_number
from tests.contract.bars.conftest import PRODUCTION, Trust, issue, token, trust_on
from tests.contract.bars.examples import as_child, examples, post, table
from tests.support.processes import PROJECT

pytestmark = pytest.mark.needs_shared

KINDS = {
    "REFREQ01": ["health.referred"],
    "REFREQ8A": ["health.referred"],
    "REFREQ8D": ["health.referred"],
    "REFRESP01": ["advice.appointment-missed"],
    "REFRESP02": ["advice.returned"],
    "REFRESP03": ["advice.acknowledged"],
    "SERVREQ01": ["health.referred"],
    "VALREQ02": ["health.referred"],
    "VALRESP02": ["advice.sent-by-body"],
    "VALRESP04": ["advice.returned"],
}
REFUSED = {"BOOKREQ01": 422, "BOOKREQ02": 422, "POST-body": 422, "POST-success": 400, "ValidationRequest_HTTP": 400}


def about(path: Path, names):
    return next((name for name in names if path.name.startswith(name)), None)


async def test_each_is_answered_as_the_standard_says_and_none_with_a_5xx(shared: Path, conformance: Trust):
    paths = examples(shared)
    assert len(paths) >= 28
    for path in paths:
        for body in (path.read_bytes(), as_child(path.read_bytes())):
            fate = await post(conformance, body)
            expected = REFUSED.get(about(path, REFUSED), 200)
            assert fate.answer.status_code == expected, path.name
            if expected != 200:
                issue(fate.answer)


async def test_as_they_are_none_can_become_a_fact_on_its_number(shared: Path, conformance: Trust):
    for path in examples(shared):
        fate = await post(conformance, path.read_bytes())
        for observation in fate.decoded.observations if fate.decoded else ():
            assert nhs_number(observation.person.nhs_number) is None, path.name
            assert observation.person.nhs_number is None or fate.decoded.reviews, path.name


async def test_with_a_child_they_show_the_mapping_at_work(shared: Path, conformance: Trust):
    seen = {}
    for path in examples(shared):
        fate = await post(conformance, as_child(path.read_bytes()))
        if name := about(path, KINDS):
            seen[name] = [observation.kind for observation in fate.decoded.observations]
            assert all(each.retracted == (name == "SERVREQ01") for each in fate.decoded.observations)
    assert seen == KINDS


async def test_one_conversation_is_one_record_with_growing_versions(shared: Path, conformance: Trust):
    steps = [path for path in examples(shared) if path.name.startswith("REFREQ8")]
    fates = [await post(conformance, as_child(path.read_bytes())) for path in steps]
    found = [fate.decoded.observations[0] for fate in fates]
    assert len(found) == 4
    assert len({each.record for each in found}) == 1
    versions = [each.version for each in found]
    assert versions == sorted(set(versions))


async def test_in_production_none_is_taken(shared: Path):
    async with trust_on(MemoryLedger(), PRODUCTION) as trust:
        for path in examples(shared):
            answer = await trust.post(path.read_bytes(), Authorization=f"Bearer {token(sub='rhw-system')}")
            assert answer.status_code in (400, 422), path.name
        assert trust.values == []


async def test_the_table_in_the_documentation_is_what_happens(shared: Path):
    assert await table(shared) in (PROJECT / "docs" / "connectors" / "bars.md").read_text("utf-8")


def test_the_conformance_profile_is_tolerant_and_takes_any_use_case():
    assert not CONFORMANCE.use_cases
    assert not CONFORMANCE.ods_codes
