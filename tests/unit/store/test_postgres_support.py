"""Where PostgreSQL is missing its tests are skipped by name, and in CI they fail."""

import pytest

pytest_plugins = ["tests.support.postgres"]


@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)])
def test_missing_is_skipped_or_in_ci_failed(request, monkeypatch, ci, outcome):
    postgres = request.config.pluginmanager.get_plugin("tests.support.postgres")

    def missing():
        raise postgres.Missing("PostgreSQL's programs are not installed")

    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(postgres, "binaries", missing)
    with pytest.raises(outcome, match="not installed"), postgres.running_or_skipped():
        pass
