"""Firefox and WebKit, driven by the protocols they speak themselves: no program in between, nothing to install.

Firefox listens for Marionette (JSON over a socket), WebKit's driver for WebDriver (JSON over HTTP). Both know the same
few commands, and that is all these tests need of a browser that is not Chromium.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import httpx
import pytest

from tests.cluster import free_port

_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
_START_S = 40.0
_SCRIPT_MS = 60_000

_ASYNC = """
const done = arguments[arguments.length - 1], a = [...arguments].slice(0, -1);
(async () => { %s })().then(
  (value) => done({value: value === undefined ? null : value}),
  (error) => done({error: `${error && error.name}: ${error && (error.detail || error.message)}`}));
"""


D = TypeVar("D", bound="Driver")


class ScriptError(Exception):
    """What a page's script threw."""


class Driver(ABC):
    """A browser with one window."""

    @abstractmethod
    def _do(self, marionette: str, method: str, path: str, **parameters: Any) -> Any:
        """One command, by its name in either protocol."""

    def open(self, url: str) -> None:
        self._do("WebDriver:Navigate", "POST", "/url", url=url)

    def run(self, script: str, *arguments: Any) -> Any:
        """The value of the body of an async function; its arguments are in `a`."""
        said = self._do(
            "WebDriver:ExecuteAsyncScript",
            *("POST", "/execute/async"),
            script=_ASYNC % script,
            args=list(arguments),
        )
        if "error" in said:
            raise ScriptError(said["error"])
        return said["value"]

    def until(self, script: str, *arguments: Any, patience_s: float = 30) -> Any:
        """Runs a script again and again until its value is true; the page may be reloading meanwhile."""
        deadline = time.monotonic() + patience_s
        said: Any = None
        while time.monotonic() < deadline:
            try:
                said = self.run(script, *arguments)
            except Exception as error:  # told when patience ends
                said = error
            else:
                if said:
                    return said
            time.sleep(0.1)
        raise AssertionError(f"still {said!r} after {patience_s} s: {script}")

    def click(self, selector: str) -> None:
        self._do(
            "WebDriver:ElementClick", "POST", f"/element/{(found := self._find(selector))}/click", id=found
        )

    def type(self, selector: str, text: str) -> None:
        """Types into a field; into a field for files, the path of one."""
        found = self._find(selector)
        self._do("WebDriver:ElementSendKeys", "POST", f"/element/{found}/value", id=found, text=text)

    def _find(self, selector: str) -> str:
        found = self._do("WebDriver:FindElement", "POST", "/element", using="css selector", value=selector)
        return str(found[_ELEMENT])


# ── Firefox ──


class Marionette(Driver):
    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self._stream = self._socket.makefile("rb")
        self._number = 0
        self._read()  # it says hello first
        self._do("WebDriver:NewSession", "", "", capabilities={"alwaysMatch": {}})
        self._do("WebDriver:SetTimeouts", "", "", script=_SCRIPT_MS)

    def _do(self, marionette: str, method: str, path: str, **parameters: Any) -> Any:
        self._number += 1
        message = json.dumps([0, self._number, marionette, parameters])
        self._socket.sendall(f"{len(message.encode())}:{message}".encode())
        _, _, error, result = self._read()
        if error:
            raise RuntimeError(f"{marionette}: {error['error']}: {error['message']}")
        return result["value"] if isinstance(result, dict) and set(result) == {"value"} else result

    def _read(self) -> Any:
        length = b""
        while (sign := self._stream.read(1)) != b":":
            assert sign, "firefox is gone"
            length += sign
        return json.loads(self._stream.read(int(length)))

    def close(self) -> None:
        self._socket.close()


@contextmanager
def firefox(profile: Path) -> Iterator[Marionette]:
    """Firefox without a screen; the same profile again is the same phone again."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        _lacks("no firefox on this machine (Debian: apt-get install firefox-esr)")
    port = free_port()
    profile.mkdir(exist_ok=True)
    (profile / "user.js").write_text(
        "".join(
            f'user_pref("{name}", {json.dumps(value)});\n'
            for name, value in {
                "marionette.port": port,
                "app.update.enabled": False,
                "browser.shell.checkDefaultBrowser": False,
                "datareporting.policy.dataSubmissionEnabled": False,
                "toolkit.telemetry.reportingpolicy.firstRun": False,
                "browser.startup.page": 0,
                "network.captive-portal-service.enabled": False,
                "network.connectivity-service.enabled": False,
                "extensions.update.enabled": False,
                "services.settings.server": "data:,#remote-settings-dummy/v1",
                "browser.safebrowsing.provider.google4.updateURL": "",
                "intl.accept_languages": "id",
            }.items()
        )
    )
    with (profile / "output.log").open("wb") as log:
        browser = subprocess.Popen(
            [program, "--marionette", "--headless", "--no-remote", "--profile", str(profile), "about:blank"],
            env={**os.environ, "MOZ_DISABLE_CONTENT_SANDBOX": "1", "HOME": str(profile)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        driver = _when_it_listens(lambda: Marionette(port), browser)
        yield driver
        driver.close()
    finally:
        _end(browser)


# ── WebKit ──


class WebKit(Driver):
    def __init__(self, port: int, program: str) -> None:
        self._wire = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120, trust_env=False)
        options = {"binary": program, "args": ["--automation"]}
        self._session = ""
        opened = self._do(
            "", "POST", "/session", capabilities={"alwaysMatch": {"webkitgtk:browserOptions": options}}
        )
        self._session = f"/session/{opened['sessionId']}"
        self._do("", "POST", "/timeouts", script=_SCRIPT_MS)

    def _do(self, marionette: str, method: str, path: str, **parameters: Any) -> Any:
        answer = self._wire.request(
            method, self._session + path, json=parameters if method == "POST" else None
        )
        value = answer.json()["value"]
        if not answer.is_success:
            raise RuntimeError(f"{path}: {value['error']}: {value['message']}")
        return value

    def close(self) -> None:
        with suppress(httpx.HTTPError, RuntimeError):
            self._do("", "DELETE", "")
        self._wire.close()


@contextmanager
def webkit(log: Path) -> Iterator[WebKit]:
    """WebKitGTK's small browser on a screen that nobody sees."""
    programs = sorted(Path("/usr/lib").glob("*/webkit2gtk-4.1/MiniBrowser"))
    driver_program, screen = shutil.which("WebKitWebDriver"), shutil.which("xvfb-run")
    if not programs or driver_program is None or screen is None:
        _lacks("no WebKitGTK on this machine (Debian: apt-get install webkit2gtk-driver xvfb)")
    port = free_port()
    with log.open("wb") as output:
        browser = subprocess.Popen(
            [screen, "-a", driver_program, f"--port={port}"],
            # its sandbox needs more than a container gives
            env={
                **os.environ,
                "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
                "WEBKIT_DISABLE_DMABUF_RENDERER": "1",
            },
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        driver = _when_it_listens(lambda: WebKit(port, str(programs[-1])), browser)
        yield driver
        driver.close()
    finally:
        _end(browser)


# ── both ──


def _when_it_listens(connect: Callable[[], D], browser: subprocess.Popen[bytes]) -> D:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            return connect()
        except (OSError, httpx.TransportError):
            assert browser.poll() is None, "the browser ended while it started"
            assert time.monotonic() < deadline, "the browser does not listen"
            time.sleep(0.1)


def _end(browser: subprocess.Popen[bytes]) -> None:
    """Ends the browser with all that it started: its group is of its own."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(browser.pid, how)
        with suppress(subprocess.TimeoutExpired):
            browser.wait(timeout=5)


def _lacks(reason: str) -> NoReturn:
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
