"""docker-compose.yml is a compose file, names processes that exist, and sets only what the code reads."""

import importlib.util
import json
import re
import subprocess
import sys
from typing import Any

import pytest
import yaml

from connectors.council.files.settings import FilesSettings
from connectors.council.webhook.settings import WebhookSettings
from connectors.nhs.bars.settings import BarsSettings
from connectors.nhs.pds.settings import PdsSettings
from hub.api.settings import ApiSettings, DeskSettings
from hub.platform.settings import Settings
from hub.runtime.programs import PARTS
from hub.runtime.stages import STAGES
from tests.support.processes import PROJECT

FILE = PROJECT / "docker-compose.yml"
OWN_SETTINGS: dict[str, type[Settings]] = {
    "webhook": WebhookSettings,
    "files": FilesSettings,
    "bars": BarsSettings,
    "pds": PdsSettings,
    "api": ApiSettings,
    "desk": DeskSettings,
}


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    compose = yaml.safe_load(FILE.read_text())
    return {name: service for name, service in compose["services"].items() if "build" in service}


def test_it_fits_the_compose_specification() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(FILE)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_it_runs_every_process_that_the_supervisor_runs(services: dict[str, dict[str, Any]]) -> None:
    assert set(services) == {part.name for part in PARTS} | {"topics", "pds"}


def test_what_not_every_deployment_has_is_off_and_stops_nobody(services: dict[str, dict[str, Any]]) -> None:
    assert {name: service["profiles"] for name, service in services.items() if "profiles" in service} == {
        "pds": ["pds"]
    }
    own = {name: value for name, value in services["pds"]["environment"].items() if name.startswith("SENDHUB_PDS_")}
    assert own.keys() >= {"SENDHUB_PDS_URL", "SENDHUB_PDS_TOKEN_URL", "SENDHUB_PDS_API_KEY", "SENDHUB_PDS_KEY_ID"}
    assert [name for name, value in own.items() if ":?" in value] == []


def test_every_command_names_a_module_that_exists(services: dict[str, dict[str, Any]]) -> None:
    for service in services.values():
        module, *arguments = service["command"]
        assert importlib.util.find_spec(module) is not None, module
        if arguments[:1] == ["stage"]:
            assert arguments[1] in STAGES


def test_it_sets_only_what_the_code_reads(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        known = {f"SENDHUB_{field}".upper() for field in OWN_SETTINGS.get(name, Settings).model_fields}
        assert set(service["environment"]) <= known, name


def test_prometheus_scrapes_every_process_that_every_deployment_has(services: dict[str, dict[str, Any]]) -> None:
    config = yaml.safe_load((PROJECT / "deploy/prometheus/prometheus.yml").read_text())
    targets = {
        target for job in config["scrape_configs"] for group in job["static_configs"] for target in group["targets"]
    }
    named = config["scrape_configs"][0]["relabel_configs"][0]["regex"]
    assert all(re.fullmatch(named, target) for target in targets), "the label `process` is the process's name"
    port = services["intake"]["environment"]["SENDHUB_METRICS_PORT"]
    everywhere = {name for name, service in services.items() if "profiles" not in service} - {"topics"}
    assert targets == {f"{name}:{port}" for name in everywhere}
    (found,) = [group for job in config["scrape_configs"] for group in job["dns_sd_configs"]]
    assert {f"{name}:{found['port']}" for name in found["names"]} == {
        f"{name}:{port}" for name in services.keys() - everywhere - {"topics"}
    }


def test_prometheus_has_its_rules_and_tells_alertmanager() -> None:
    compose = yaml.safe_load(FILE.read_text())["services"]
    config = yaml.safe_load((PROJECT / "deploy/prometheus/prometheus.yml").read_text())
    mounts = dict(mount.split(":")[:2] for mount in compose["prometheus"]["volumes"])
    assert mounts["./deploy/prometheus/rules"] == "/etc/prometheus/rules"
    assert config["rule_files"] == ["rules/*.yml"]
    (told,) = config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"]
    name, port = told.split(":")
    assert f"127.0.0.1:{port}:{port}" in compose[name]["ports"]
    assert "./deploy/alertmanager:/etc/alertmanager:ro" in compose[name]["volumes"]


def test_grafana_finds_prometheus_and_the_dashboards() -> None:
    compose = yaml.safe_load(FILE.read_text())["services"]
    prometheus = yaml.safe_load((PROJECT / "deploy/prometheus/prometheus.yml").read_text())
    mounts = {there: PROJECT / here for here, there in (each.split(":")[:2] for each in compose["grafana"]["volumes"])}
    provisioned = mounts["/etc/grafana/provisioning"]
    (source,) = yaml.safe_load((provisioned / "datasources/prometheus.yml").read_text())["datasources"]
    name, port = source["url"].removeprefix("http://").split(":")
    assert f"127.0.0.1:{port}:{port}" in compose[name]["ports"]
    assert source["jsonData"]["timeInterval"] == prometheus["global"]["scrape_interval"]
    (provider,) = yaml.safe_load((provisioned / "dashboards/sendhub.yml").read_text())["providers"]
    pages = [json.loads(file.read_text()) for file in mounts[provider["options"]["path"]].glob("*.json")]
    assert len(pages) == 5
    for page in pages:
        (variable,) = (each for each in page["templating"]["list"] if each["name"] == "datasource")
        assert (variable["type"], variable["query"]) == ("datasource", source["type"])


def test_status_finds_every_process_that_every_deployment_has(services: dict[str, dict[str, Any]]) -> None:
    port = services["intake"]["environment"]["SENDHUB_METRICS_PORT"]
    everywhere = {name for name, service in services.items() if "profiles" not in service} - {"topics"}
    places = json.loads(services["api"]["environment"]["SENDHUB_PROCESSES"])
    assert places == {name: f"{name}:{port}" for name in everywhere}
