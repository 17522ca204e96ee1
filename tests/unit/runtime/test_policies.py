"""What casework is told by the settings, and what is said when a file is wrong."""

import json
from datetime import date

import pytest

from hub.core.casework.policy import Policy
from hub.core.forecast.model import fit, to_json
from hub.core.forecast.outlook import Outlook
from hub.platform.settings import Settings
from hub.runtime.policies import CaseworkSettings, policy_of
from tests.unit.casework.facts import deadlines, fact, on_day, requested

REQUEST = requested("2026-06-01")
CLAIM = fact(
    "exemption.claimed",
    "2026-07-01",
    "CLM-1",
    subject={"request": "REQ-1"},
    data={"ground": "absence", "from": "2026-06-10", "to": "2026-07-10"},
)


@pytest.fixture
def sources(tmp_path, monkeypatch):
    (tmp_path / "sources.toml").write_text("")
    monkeypatch.setenv("SENDHUB_SOURCES_FILE", str(tmp_path / "sources.toml"))
    return tmp_path


def test_unless_told_otherwise_it_is_the_policy_as_shipped(sources):
    policy, shipped = policy_of(Settings()), Policy()
    assert (policy.alerts, policy.forecast, policy.required_headings) == (
        shipped.alerts,
        None,
        shipped.required_headings,
    )


def test_settings_change_what_is_required_and_when_an_exempt_deadline_is_looked_at(sources, monkeypatch):
    monkeypatch.setenv("SENDHUB_EXEMPT_REVIEW_DAYS", "14")
    monkeypatch.setenv("SENDHUB_REQUIRED_HEADINGS", '["medical"]')
    policy = policy_of(Settings())
    value = deadlines(on_day([REQUEST, CLAIM], "2026-10-20", policy))["final-plan-20w"]
    assert (value["state"], value["review_by"]) == ("exempt", date(2026, 11, 2))
    assert policy.required_headings == {"medical"}


def test_the_models_of_the_folder_are_what_is_likely_late(sources):
    folder = sources / "models"
    folder.mkdir()
    (folder / "2026-06.json").write_text(json.dumps(to_json(fit((), date(2026, 6, 30)))))
    policy = policy_of(CaseworkSettings(forecast_folder=folder, likely_late_below=0.4))
    assert isinstance(policy.forecast, Outlook)
    assert [model.as_of for model in policy.forecast.models] == [date(2026, 6, 30)]
    assert policy.forecast.policy.below == 0.4


@pytest.mark.parametrize(("content", "said"), [("{", "not JSON"), ("{}", "no forecast model")])
def test_a_file_that_is_no_model_is_named(sources, content, said):
    (sources / "broken.json").write_text(content)
    with pytest.raises(ValueError, match=said) as raised:
        policy_of(CaseworkSettings(forecast_folder=sources))
    assert "broken.json" in str(raised.value)


def test_a_folder_that_is_not_there_is_named(sources):
    with pytest.raises(ValueError, match="absent"):
        policy_of(CaseworkSettings(forecast_folder=sources / "absent"))
