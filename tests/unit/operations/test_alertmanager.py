"""Alertmanager's routes: valid, and every alert goes where routes.txt says."""

import re
import subprocess
from collections.abc import Mapping

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


AUDIT_STUCK = {"alertname": "SendhubPartitionStuck", "severity": "page", "stage": "audit", "partition": "0"}
AUDIT_WAITS = {"alertname": "SendhubStageWaiting", "severity": "page", "stage": "audit"}
LATE = {"alertname": "SendhubThroughLate", "severity": "page", "stage": "projection"}
STUCK = {"alertname": "SendhubPartitionStuck", "severity": "page", "stage": "casework", "partition": "2"}
BEHIND = {"alertname": "SendhubLagRising", "severity": "ticket", "stage": "casework"}


def matches(matchers: list[str], labels: Mapping[str, str]) -> bool:
    """Whether labels fit all matchers, as Alertmanager reads them."""
    fits = {
        "=": lambda found, wanted: found == wanted,
        "!=": lambda found, wanted: found != wanted,
        "=~": lambda found, wanted: re.fullmatch(wanted, found) is not None,
    }
    parts = [re.fullmatch(r'(\w+) (=|!=|=~) "(.*)"', matcher) for matcher in matchers]
    assert all(parts), matchers
    return all(fits[part[2]](labels.get(part[1], ""), part[3]) for part in parts if part)


def keeps_silent(source: Mapping[str, str], target: Mapping[str, str]) -> bool:
    """Whether nobody is told of `target` while `source` fires."""
    return any(
        matches(rule["source_matchers"], source)
        and matches(rule["target_matchers"], target)
        and all(source.get(label) == target.get(label) for label in rule.get("equal", ()))
        for rule in yaml.safe_load(FILE.read_text())["inhibit_rules"]
    )


@pytest.mark.parametrize("cause", [AUDIT_STUCK, AUDIT_WAITS], ids=lambda cause: cause["alertname"])
@pytest.mark.parametrize("other", [LATE, STUCK, BEHIND], ids=lambda other: other["alertname"])
def test_what_holds_up_the_audit_alone_hides_nothing_else(cause: dict[str, str], other: dict[str, str]) -> None:
    assert not keeps_silent(cause, other)


def test_what_holds_up_a_stage_hides_what_follows_from_it() -> None:
    waits = AUDIT_WAITS | {"stage": "casework"}
    assert all(keeps_silent(waits, follows) for follows in (LATE, STUCK, BEHIND))
    assert keeps_silent(AUDIT_WAITS, AUDIT_STUCK)
    assert keeps_silent(STUCK, BEHIND)
    assert keeps_silent(STUCK, STUCK | {"stage": "projection"})
    assert not keeps_silent(STUCK, STUCK | {"stage": "projection", "partition": "1"})


@pytest.mark.parametrize("name", ["SendhubProcessDown", "SendhubProcessRestarting", "SendhubPaused"])
def test_an_audit_that_is_down_or_paused_is_told_once(name: str) -> None:
    cause = {"alertname": name, "severity": "page", "process": "audit"}
    assert keeps_silent(cause, AUDIT_STUCK)
    assert keeps_silent(cause, AUDIT_WAITS)
    assert not keeps_silent(cause, LATE)
    assert not keeps_silent(cause, STUCK)
    assert keeps_silent(cause | {"process": "casework"}, STUCK)


def test_a_database_that_is_away_is_told_once_and_hides_no_trouble_with_kafka() -> None:
    down = {"alertname": "SendhubReadModelDown", "severity": "page"}
    refused = {"alertname": "SendhubConnectorNoAck", "severity": "page", "connector": "webhook"}
    assert keeps_silent(down, refused | {"reason": "ledger"})
    assert not keeps_silent(down, refused | {"reason": "no-ack"})
    ended = {"alertname": "SendhubProcessRestarting", "severity": "page", "process": "projection"}
    assert keeps_silent(down, ended)
    assert not keeps_silent(down, ended | {"process": "casework"})
    assert keeps_silent(refused | {"reason": "no-ack"}, LATE)
    assert not keeps_silent(refused | {"reason": "ledger"}, LATE)
    ticker = {"alertname": "SendhubProcessDown", "severity": "page", "process": "ticker"}
    assert keeps_silent(refused | {"reason": "no-ack"}, ticker)
    assert not keeps_silent(refused | {"reason": "no-ack"}, ticker | {"process": "casework"})
    assert not keeps_silent(refused | {"reason": "ledger"}, ticker)


def test_a_desk_that_is_down_is_told_once() -> None:
    errors = {"alertname": "SendhubApiErrors", "severity": "page"}
    down = {"alertname": "SendhubProcessDown", "severity": "page"}
    assert keeps_silent(down | {"process": "desk"}, errors)
    assert not keeps_silent(down | {"process": "casework"}, errors)
