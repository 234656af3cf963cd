"""A Loket server as an operator runs it: its own process, its own data directory, a free port."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

import httpx

from tests.cluster import free_port


class ServerProcess:
    """Starts `python -m server serve`; `kill` ends it as a power cut would."""

    def __init__(self, data: Path, **environment: str) -> None:
        self._data = data
        self._environment = environment
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONDONTWRITEBYTECODE": "",  # compiled once, whatever is set: a second less at every start
            "LOKET_DATA": str(self._data),
            "LOKET_PORT": str(self.port),
            "LOKET_PUBLIC_URL": self.url,
            **self._environment,
        }

    def start(self) -> None:
        # its output goes to a file: a pipe that nobody reads would stop it
        with (self._data / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "server", "serve"], env=self.environment, stdout=log, stderr=log
            )
        deadline = time.monotonic() + 120  # on a machine with other things to do
        # one client for the whole wait: each would read all certificates of the machine again
        with httpx.Client(base_url=self.url, timeout=10, verify=False, trust_env=False) as client:
            while True:
                try:
                    client.get("/health").raise_for_status()
                    return
                except httpx.HTTPError:
                    if self._process.poll() is not None or time.monotonic() > deadline:
                        raise RuntimeError((self._data / "server.log").read_text()) from None
                    time.sleep(0.05)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=20)
            self._process = None

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs a `loket` command on the same data."""
        return subprocess.run(
            [sys.executable, "-m", "server", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
