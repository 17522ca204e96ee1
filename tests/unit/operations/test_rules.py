"""The rules of Prometheus: valid, each tested, each about metrics that exist, each with a page that says what to do."""

import re
import subprocess
from typing import Any

import pytest
import yaml

from tests.support.metrics_page import catalogue
from tests.support.monitoring import PROMETHEUS, quick, tool
from tests.support.processes import PROJECT

RUNBOOKS = PROJECT / "docs" / "runbooks"
OUTSIDE = {"up", "process_start_time_seconds"}
"""Metrics of Prometheus's own, and of its client's."""


def groups(file: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((PROMETHEUS / "rules" / file).read_text())["groups"]
    return found


ALERTS = [rule for group in groups("alerts.yml") for rule in group["rules"]]
RECORDED = [rule for group in groups("recordings.yml") for rule in group["rules"]]


def run(*arguments: str) -> None:
    command = [tool("promtool"), *arguments]
    answer = subprocess.run(command, cwd=PROMETHEUS, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_the_configuration_and_every_rule_are_valid() -> None:
    run("check", "config", "prometheus.yml")
    run("check", "rules", "--lint=all", "--lint-fatal", "rules/alerts.yml", "rules/recordings.yml")


def test_what_each_alert_says_and_when() -> None:
    run("test", "rules", "tests/alerts.yml")


def test_every_alert_has_a_test_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    tests = yaml.safe_load((PROMETHEUS / "tests" / "alerts.yml").read_text())["tests"]
    fires, quiet = set(), set()
    for each in (case for test in tests for case in test.get("alert_rule_test", ())):
        for alert in each["exp_alerts"]:
            fires.add((each["alertname"], alert["exp_labels"]["severity"]))
        if not each["exp_alerts"]:
            quiet.add(each["alertname"])
    windows = {
        label
        for test in tests
        for case in test.get("promql_expr_test", ())
        for sample in case["exp_samples"]
        for label in re.findall(r'window="(\w+)"', sample["labels"])
    }
    assert fires | {("SendhubReceiptsSlow", "ticket")} == {
        (rule["alert"], rule["labels"]["severity"]) for rule in ALERTS
    }
    assert windows == {rule["labels"]["window"] for rule in ALERTS if "window" in rule["labels"]}
    always = {"SendhubWatchdog", "SendhubReceiptsSlow"}  # the second is tested by its windows
    assert quiet >= {rule["alert"] for rule in ALERTS} - always


@pytest.mark.parametrize("rule", [*ALERTS, *RECORDED], ids=lambda rule: rule.get("alert") or rule["record"])
def test_a_rule_is_about_metrics_that_exist(rule: dict[str, Any]) -> None:
    served = set(OUTSIDE)
    for name, entry in catalogue().items():
        served |= {f"{name}_{part}" for part in ("bucket", "sum", "count")} if entry.kind == "histogram" else {name}
    named = set(re.findall(r"(?<![:\w])(?:sendhub_\w+|up|process_\w+)(?![:\w])(?=[{\[)\s]|$)", rule["expr"]))
    recorded = set(re.findall(r"\w+:sendhub_\w+:\w+", rule["expr"]))
    assert named - {"sendhub"} <= served
    assert recorded <= {each["record"] for each in RECORDED}
    assert named or recorded or rule.get("alert") == "SendhubWatchdog"


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_an_alert_names_what_to_do_and_its_page_is_there(rule: dict[str, Any]) -> None:
    annotations = rule["annotations"]
    assert annotations.keys() == {"summary", "description", "runbook_url"}
    assert rule["labels"]["severity"] in ("page", "ticket", "none")
    assert rule["labels"]["team"] in ("operations", "integration", "data", "information-governance")
    (page,) = re.findall(r"^\{\{ \$externalLabels\.docs \}\}/runbooks/([a-z-]+\.md)$", annotations["runbook_url"])
    text = (RUNBOOKS / page).read_text()
    assert rule["alert"] in text
    for part in ("## What it means", "## How to look", "## How to mend", "## When to call whom", "## How to see"):
        assert part in text, (page, part)


def test_every_page_belongs_to_an_alert_and_is_listed() -> None:
    linked = {rule["annotations"]["runbook_url"].rsplit("/", 1)[1] for rule in ALERTS}
    assert {page.name for page in RUNBOOKS.glob("*.md")} - {"README.md"} == linked
    listed = set(re.findall(r"\]\(([a-z-]+\.md)\)", (RUNBOOKS / "README.md").read_text()))
    assert listed == linked


def test_commands_of_the_pages_exist() -> None:
    """`sendhub …` in a page is a command of the hub."""
    from typer.main import get_command

    from hub.cli import app

    known = get_command(app)
    for page in RUNBOOKS.glob("*.md"):
        for line in re.findall(
            r"sendhub ((?:[a-z]+ ?)+)", "\n".join(re.findall(r"```(.*?)```", page.read_text(), re.S))
        ):
            command: Any = known
            for word in line.split():
                if not hasattr(command, "commands"):
                    break
                assert word in command.commands, (page.name, line)
                command = command.commands[word]


def test_minutes_become_seconds_in_tests_and_nothing_else_does() -> None:
    assert quick("for: 3m\nx[15m] offset 15m > 26 * 3600 [1h]") == "for: 3s\nx[15s] offset 15s > 26 * 3600 [1m]"
