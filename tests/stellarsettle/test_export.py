"""The commands that write files out of the database, as their user types them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import psycopg

from projections.engine import Engine
from tests.projections import story


def run(url: str, folder: Path, *words: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "stellarsettle", *words],
        env={"PATH": os.environ["PATH"], "DATABASE_URL": url},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_the_loan_tape_is_one_command(database: str, tmp_path: Path) -> None:
    chain = story.told()
    with psycopg.connect(database, options="-c role=stellarsettle_indexer") as writer:
        Engine().apply(writer, chain.records, chain.mark)
    done = run(database, tmp_path, "export", "--loan-tape")
    ledger = chain.mark.ledger
    assert f"--as-of {ledger}" in done.stderr
    assert done.stdout.startswith(f"loan_tape-{ledger}.parquet  1 rows  sha256 ")
    (loan,) = pl.read_parquet(tmp_path / f"loan_tape-{ledger}.parquet").rows(named=True)
    assert (loan["status"], loan["advance"], loan["investors"]) == ("settled", 90_000_000_000, 3)
    done = run(
        database, tmp_path, "export", "lots", "cash_flows", "M06.investor", "--address", story.ANN,
        "--format", "csv", "--as-of", "5005", "--to", "books",
    )  # fmt: skip
    files = [f"{name}-5005-{story.ANN}.csv" for name in ("lots", "cash_flows", "M06.investor")]
    assert [line.split()[0] for line in done.stdout.splitlines()] == [f"books/{f}" for f in files]
    flows = pl.read_csv(tmp_path / "books" / files[1])
    assert flows["kind"].to_list() == ["stake", "stake", "refund"]


def test_what_cannot_be_exported_is_said_in_a_sentence(database: str, tmp_path: Path) -> None:
    for words, sentence in (
        (("loans",), "there is no dataset 'loans': --list prints all"),
        (("custody", "--address", "GA"), "custody is not about single addresses"),
        (("custody", "--as-of", "7"), "ledger 7 is after 0, the newest that is read"),
    ):
        assert sentence in run(database, tmp_path, "export", *words, status=1).stderr
    assert list(tmp_path.iterdir()) == []
    listed = run(database, tmp_path, "export", "--list").stdout.splitlines()
    assert {"loan_tape", "lots", "M26.model"} <= {line.split()[0] for line in listed}


def test_archiving_says_from_where_on_events_stay(database: str, tmp_path: Path) -> None:
    done = run(database, tmp_path, "archive", "old", "--before", "7")
    assert done.stderr == "events are in the database from ledger 0 on\n"
    assert done.stdout == ""
