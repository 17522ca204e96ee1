"""The description is exact: whatever it allows is answered as it says, whatever it forbids is refused as it says."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import unsupported_method

from hub.api.access.ways import API
from tests.unit.api.conftest import TOKEN

BEARER = {"Authorization": f"Bearer {TOKEN}"}
DESCRIBED = [way for way in API if way.path not in ("/live", "/ready", "/openapi.json")]
FEW = examples(max_examples=6, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def described(application):
    return schemathesis.openapi.from_asgi("/openapi.json", application, headers=BEARER)


def _that_fits(case):
    """What no description can say: a cursor is one that was given out, an area one that is known, and a period ends
    after it begins."""
    for name in ("cursor", "after"):
        case.query.pop(name, None)
    case.headers.pop("last-event-id", None)
    # The tool takes a percent sign in an id for an escape.
    case.path_parameters = {name: value.replace("%", "x") for name, value in (case.path_parameters or {}).items()}
    if case.path.startswith("/measures"):
        case.query.pop("area", None)
    if "from" in case.query:
        case.query["from"], case.query["to"] = sorted((case.query["from"], case.query["to"]))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("way", DESCRIBED, ids=lambda way: f"{way.method} {way.path}")
def test_every_operation_answers_as_it_is_described(described, way):
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        asked(described[way.path][way.method], mode)


def asked(operation, mode):
    @FEW
    @given(case=operation.as_strategy(generation_mode=mode))
    def answers(case):
        if mode == GenerationMode.POSITIVE:
            _that_fits(case)
        if case.path == "/changes":
            case.query.pop("wait", None)
            case.headers["Accept"] = "application/json"
        case.call_and_validate(headers=BEARER, excluded_checks=[unsupported_method])

    answers()


async def test_what_is_said_to_answer_304_has_a_tag_and_nothing_else_does(described, known):
    """Of each path that has what is asked for here."""
    seen = set()
    for way in (way for way in DESCRIBED if way.method == "GET"):
        period = {"from": "2026-01-01", "to": "2026-12-31"} if way.path.startswith("/measures") else {}
        path = way.path.replace("{child_id}", "chd-00")
        answer = await known.get(path, params=period)
        if answer.status_code == 200 and answer.headers["content-type"] == "application/json":
            seen.add(way.path)
            promised = "304" in described.raw_schema["paths"][way.path]["get"]["responses"]
            assert (way.path, "etag" in answer.headers) == (way.path, promised)
    assert {"/changes", "/children", "/measures", "/sources"} <= seen


def test_the_description_names_every_path_and_every_refusal(described):
    paths = described.raw_schema["paths"]
    shown = {(way.method, way.path) for way in DESCRIBED}
    assert {(method.upper(), path) for path, each in paths.items() for method in each} == shown
    for each in paths.values():
        for operation in each.values():
            assert {"401", "403", "422", "503"} <= operation["responses"].keys()
            for status, response in operation["responses"].items():
                if status in ("401", "403", "404", "410", "422", "429"):
                    assert list(response["content"]) == ["application/problem+json"]
