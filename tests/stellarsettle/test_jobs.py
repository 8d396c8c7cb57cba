"""The operator looks at what failed for good and lets it be tried again."""

from __future__ import annotations

from pathlib import Path

import psycopg

from tests.stellarsettle.test_cli import run


def _bury(url: str) -> None:
    with psycopg.connect(url, options="-c stellarsettle.worker=on") as owner:
        owner.execute("SET ROLE stellarsettle_api")
        owner.execute(
            "INSERT INTO app.job (kind, key, payload) VALUES"
            " ('mail', 'a', '{\"to\": 1}'), ('mail', 'b', '{}'), ('hook', 'c', '{}')"
        )
        owner.execute("UPDATE app.job SET state = 'dead', tries = 15, error = 'refused'")
        owner.execute("UPDATE app.job SET state = 'waiting' WHERE kind = 'hook'")


def test_dead_jobs_are_listed_shown_and_tried_again(database: str, tmp_path: Path) -> None:
    environment = {"DATABASE_URL": database}

    def said(*words: str, status: int = 0) -> str:
        done = run("jobs", *words, environment=environment, folder=tmp_path, status=status)
        return done.stdout + done.stderr

    assert "no job was ever promised" in said("list")
    _bury(database)
    listed = said("list")
    assert "2 dead, 1 waiting" in listed
    assert [line.split()[1:] for line in listed.splitlines()[:2]] == [
        ["mail", "15", "b", "refused"],
        ["mail", "15", "a", "refused"],
    ]
    assert "{'to': 1}" in said("show", listed.split()[5])
    assert "there is no job 99" in said("show", "99", status=1)
    assert "job 99 is not dead" in said("retry", "99", status=1)
    assert "1 jobs wait again" in said("retry", listed.split()[0])
    assert "1 jobs wait again" in said("retry", "--all")
    assert "3 waiting" in said("list")
