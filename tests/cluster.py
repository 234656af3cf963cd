"""A PostgreSQL cluster for one run of the tests: made in a temporary directory, thrown away afterwards."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def postgres_programs() -> Path | None:
    """The folder of PostgreSQL's programs: Debian keeps them out of the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


@contextmanager
def postgres_cluster(*, is_durable: bool = False) -> Iterator[str]:
    """The address of a running, empty database; durable ones wait for the disk, as in an office."""
    programs = postgres_programs()
    if programs is None:
        reason = "PostgreSQL is not installed (Debian: apt-get install postgresql)"
        if os.environ.get("REQUIRE_POSTGRES"):
            pytest.fail(reason)
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="loket-postgres-") as folder:
        # the server refuses to run as root, as continuous integration often does
        user = _unprivileged_user()
        if user:
            shutil.chown(folder, user)
        port = free_port()
        data = f"{folder}/data"

        def run(program: str, *arguments: str) -> None:
            subprocess.run(
                [str(programs / program), *arguments],
                user=user,
                cwd=folder,
                check=True,
                stdout=subprocess.DEVNULL,
            )

        run(
            "initdb", "-D", data, "-U", "loket", "--auth=trust", "-E", "UTF8", "--no-sync", "--locale=C.UTF-8"
        )
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c max_connections=60"
        if not is_durable:
            options += " -c fsync=off"
        run("pg_ctl", "-D", data, "-o", options, "-w", "-l", f"{folder}/log", "start")
        try:
            run("createdb", "-h", folder, "-p", str(port), "-U", "loket", "loket")
            yield f"postgresql+asyncpg://loket@127.0.0.1:{port}/loket"
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


def _unprivileged_user() -> str | None:
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
