"""Alertmanager's routes: valid, and every alert goes where routes.txt says."""

import subprocess

import pytest
import yaml

from tests.support.monitoring import ALERTMANAGER, tool
from tests.unit.operations.test_rules import ALERTS

FILE = ALERTMANAGER / "alertmanager.yml"
ROUTES = [line.split() for line in (ALERTMANAGER / "routes.txt").read_text().splitlines() if line[:1] not in ("", "#")]


def amtool(*arguments: str) -> None:
    answer = subprocess.run([tool("amtool"), *arguments], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_the_configuration_is_valid() -> None:
    amtool("check-config", str(FILE))


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: "-".join((route[1].partition("=")[2], route[0])))
def test_an_alert_goes_where_it_should(route: list[str]) -> None:
    receiver, *labels = route
    amtool("config", "routes", "test", f"--config.file={FILE}", f"--verify.receivers={receiver}", *labels)


def test_every_alert_has_a_route_that_is_tested_with_its_own_labels() -> None:
    tested = {tuple(label for label in route[1:4]) for route in ROUTES}
    made = {
        (f"alertname={rule['alert']}", f"severity={rule['labels']['severity']}", f"team={rule['labels']['team']}")
        for rule in ALERTS
    }
    assert tested == made


def test_what_keeps_silent_for_what_is_an_alert() -> None:
    known = {rule["alert"] for rule in ALERTS}
    for rule in yaml.safe_load(FILE.read_text())["inhibit_rules"]:
        for matcher in (*rule["source_matchers"], *rule["target_matchers"]):
            name, _, value = matcher.partition(" ")
            if name == "alertname":
                assert set(value.lstrip("=~ ").strip('"').split("|")) <= known, matcher
