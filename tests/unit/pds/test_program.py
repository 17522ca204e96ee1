"""The connector is a process of a deployment only where it is set up, and never of the demo."""

from pathlib import Path

from hub.runtime.programs import PARTS, configured, programs


def test_it_runs_only_where_the_service_is_named(tmp_path: Path) -> None:
    assert configured({}) == configured({"SENDHUB_PDS_URL": ""}) == PARTS
    kinds = configured({"SENDHUB_PDS_URL": "https://pds.example/FHIR/R4"})
    made, ports = programs(tmp_path, {}, lambda port: port, None, kinds)
    assert [program.name for program in made][-1] == "pds"
    assert ports["pds"] == {"metrics": 9112}
    usual, _ = programs(tmp_path, {"SENDHUB_PDS_URL": "https://pds.example/FHIR/R4"}, lambda port: port)
    assert "pds" not in {program.name for program in usual}
