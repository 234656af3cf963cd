"""The inspector's app as a browser gets it: what is served and what is not, how much it weighs, when it is new."""

import json
import re
from collections.abc import Iterator
from hashlib import sha256

import httpx
import pytest
from babel.messages.jslexer import tokenize

from server.app_shell import START, bare, files, furnish, imported, reachable, said
from server.texts import LANGUAGES, WEB

SHELL_MOST = 40 * 1024
KEPT_MOST = 92 * 1024
"""The shell with English (35 KB), the other screens, what makes, sends and exports a visit (43 KB), and what reads a QR
code where the browser cannot (11 KB). It comes after the first screen, and of an update only what changed."""

FOUND = files(WEB)
SCRIPTS = sorted(name for name in FOUND if name.endswith((".js", ".mjs")))
SERVED = furnish(FOUND)
OURS = [name for name in SCRIPTS if not name.startswith("vendor/")]


def gzipped(name: str) -> int:
    return len(SERVED[name].gzipped)


@pytest.mark.pure
def test_the_shell_weighs_forty_kilobytes() -> None:
    """What the first screen needs: the page, its style, its modules, one language, and the worker."""
    shell = {*reachable(FOUND, START), "index.html", "open.js", "app.css", "sw.js", "texts/en.json"}
    weights = {name: gzipped(name) for name in shell}
    assert sum(weights.values()) <= SHELL_MOST, sorted(weights.items(), key=lambda one: -one[1])


@pytest.mark.pure
def test_what_is_kept_for_the_field_stays_light() -> None:
    kept = {path.removeprefix("/app/") or "index.html" for path, _ in listed()}
    assert sum(gzipped(name) for name in {*kept, "sw.js"}) <= KEPT_MOST


def listed() -> list[list[str]]:
    """What the worker was told to keep."""
    found = re.search(r"^const KEPT = (\[.*\]);$", SERVED["sw.js"].plain.decode(), re.M)
    assert found
    told: list[list[str]] = json.loads(found[1])
    return told


@pytest.mark.pure
def test_every_module_that_is_imported_is_kept_for_the_field() -> None:
    kept = {path.removeprefix("/app/") for path, _ in listed()}
    lazily = re.compile(r"""\bimport\(["'](\.[^"']+)["']\)""")
    for name in SCRIPTS:
        script = bare(name, FOUND[name]).decode()
        later = "\n".join(f'import "{address}";' for address in lazily.findall(script))
        for wanted in (*imported(name, script), *imported(name, later)):
            assert wanted in kept, f"{name} imports {wanted}"
    assert {"", "main.js", "app.css", "manifest.webmanifest"} <= kept
    assert {f"texts/{language}.json" for language in LANGUAGES} <= kept


@pytest.mark.pure
def test_the_list_names_the_bytes_that_are_served() -> None:
    for path, tag in listed():
        name = path.removeprefix("/app/") or "index.html"
        assert sha256(SERVED[name].plain).hexdigest().startswith(tag)


@pytest.mark.pure
@pytest.mark.parametrize("name", ["main.js", "app.css", "index.html", "sw.js", "vendor/htm/htm.mjs"])
def test_a_changed_file_is_a_new_version_of_the_app(name: str) -> None:
    changed = furnish({**FOUND, name: FOUND[name] + b"\n"})
    assert changed["sw.js"].tag != SERVED["sw.js"].tag
    assert furnish(FOUND)["sw.js"].tag == SERVED["sw.js"].tag


@pytest.mark.pure
@pytest.mark.parametrize("name", OURS)
def test_only_comments_are_taken_out(name: str) -> None:
    def told(script: bytes) -> Iterator[tuple[str, str]]:
        for token in tokenize(script.decode()):
            if "comment" not in token.type:
                # a template may have comments inside its braces
                yield (
                    token.type,
                    bare("a.js", token.value.encode()).decode() if "`" in token.value else token.value,
                )

    assert list(told(bare(name, FOUND[name]))) == list(told(FOUND[name]))


@pytest.mark.pure
def test_nothing_is_loaded_from_elsewhere() -> None:
    for name, plain in FOUND.items():
        if name.endswith(("LICENSE", ".png")) or name.startswith("vendor/"):
            continue
        addresses = set(re.findall(r"(?:https?:)?//[\w.-]+\.[a-z]{2,}[^\s\"'`]*", plain.decode()))
        assert addresses <= {"//www.w3.org/2000/svg", "http://www.w3.org/2000/svg"}, name
        assert "eval(" not in plain.decode()


@pytest.mark.pure
def test_the_app_says_something() -> None:
    assert len(set(said(FOUND))) > 20
    english = json.loads(SERVED["texts/en.json"].plain)
    assert set(english) <= set(said(FOUND))
    assert json.loads(SERVED["texts/id.json"].plain) == {}


async def test_the_app_is_served_under_its_own_rules(client: httpx.AsyncClient) -> None:
    page = await client.get("/app/")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"
    assert page.headers["x-content-type-options"] == "nosniff"
    csp = page.headers["content-security-policy"]
    assert "default-src 'none'" in csp
    assert "unsafe" not in csp
    assert "http" not in csp
    assert "<script>" not in page.text
    assert ' style="' not in page.text
    assert "set-cookie" not in page.headers
    assert 'rel="modulepreload" href="/app/offline/store.js"' in page.text
    worker = await client.get("/app/sw.js")
    assert worker.headers["content-type"].startswith("text/javascript")
    assert worker.headers["content-security-policy"] == csp


async def test_the_app_without_its_slash_is_sent_to_the_one_with(client: httpx.AsyncClient) -> None:
    sent = await client.get("/app?lang=en")
    assert (sent.status_code, sent.headers["location"]) == (308, "/app/?lang=en")


async def test_what_a_browser_has_is_not_sent_again(client: httpx.AsyncClient) -> None:
    first = await client.get("/app/main.js")
    again = await client.get("/app/main.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["content-encoding"] == "gzip"
    plain = await client.get("/app/main.js", headers={"Accept-Encoding": "identity"})
    assert plain.headers["etag"] != first.headers["etag"]
    assert plain.content == first.content


async def test_nothing_else_is_served(client: httpx.AsyncClient) -> None:
    for path in (
        *(
            "/app/types.d.ts",
            "/app/tsconfig.json",
            "/app/nothing.js",
            "/app/texts/xx.json",
            "/app/vendor/README.md",
        ),
        *("/app/%2e%2e/locale/en.po", "/app/vendor/%2e%2e/locale/en.po"),
        *("/app//etc/passwd", "/app/%2Fetc%2Fpasswd", "/app/offline", "/app/offline/", "/app/index.html/x"),
    ):
        assert (await client.get(path)).status_code == 404, path


async def test_a_phone_can_install_it(client: httpx.AsyncClient) -> None:
    answered = await client.get("/app/manifest.webmanifest")
    assert answered.headers["content-type"] == "application/manifest+json"
    manifest = answered.json()
    assert (manifest["id"], manifest["scope"], manifest["start_url"]) == ("/app/", "/app/", "/app/")
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in manifest["icons"]}
    assert "maskable" in {icon.get("purpose") for icon in manifest["icons"]}
    for icon in manifest["icons"]:
        picture = await client.get(icon["src"])
        width = int.from_bytes(picture.content[16:20], "big")
        assert (picture.headers["content-type"], f"{width}x{width}") == ("image/png", icon["sizes"])
