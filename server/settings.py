"""Settings: everything an operator can choose, read from environment variables once, at start-up.

Without any of them Loket works embedded: one process, one directory, nothing to install.
README.md lists each with its default; a test holds the two lists together.
"""

import secrets
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

ZONES = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")
"""WIB, WITA and WIT: the only zones a unit of an Indonesian government can be in."""


class BadSetting(ValueError):
    """A setting that cannot be used; the message names the variable and says what it accepts."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    data: Path
    host: str
    port: int
    public_url: str
    database_url: str
    city: str
    zone: str
    limits: bool
    proxies: int
    secret: bytes

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")


def settings_from(environ: Mapping[str, str]) -> Settings:
    """The settings an environment asks for; creates the data directory and its secret when they are missing."""
    data = Path(environ.get("LOKET_DATA", "data")).absolute()
    data.mkdir(parents=True, exist_ok=True)
    host = environ.get("LOKET_HOST", "127.0.0.1")
    port = _whole_number(environ, "LOKET_PORT", 8000, 1, 65_535)
    return Settings(
        data=data,
        host=host,
        port=port,
        public_url=environ.get("LOKET_PUBLIC_URL", f"http://{host}:{port}").rstrip("/"),
        database_url=environ.get("DATABASE_URL") or f"sqlite+aiosqlite:///{data / 'loket.db'}",
        city=environ.get("LOKET_CITY") or _kept_city(data) or "Pemerintah Daerah",
        zone=_zone(environ),
        limits=_switch(environ, "LOKET_LIMITS"),
        proxies=_whole_number(environ, "LOKET_PROXIES", 0, 0, 9),
        secret=_secret(environ, data),
    )


def keep_city(data: Path, name: str) -> None:
    """Remembers the city's name for whoever starts Loket on this data without naming one."""
    (data / "city").write_text(name, "utf-8")


def _kept_city(data: Path) -> str:
    file = data / "city"
    return file.read_text("utf-8").strip() if file.is_file() else ""


def _whole_number(environ: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = environ.get(name, str(default))
    if not text.isdecimal() or not least <= int(text) <= most:
        raise BadSetting(f"{name}={text!r}: a whole number from {least} to {most} is needed.")
    return int(text)


def _switch(environ: Mapping[str, str], name: str) -> bool:
    text = environ.get(name, "on").lower()
    if text not in {"on", "off"}:
        raise BadSetting(f"{name}={text!r}: 'on' or 'off' is needed.")
    return text == "on"


def _zone(environ: Mapping[str, str]) -> str:
    zone = environ.get("LOKET_ZONE", ZONES[0])
    if zone not in ZONES:
        raise BadSetting(f"LOKET_ZONE={zone!r}: one of {', '.join(ZONES)} is needed.")
    return str(ZoneInfo(zone))


def _secret(environ: Mapping[str, str], data: Path) -> bytes:
    """The key that signs survey tokens: given, or made once and kept beside the data, readable by the owner only."""
    given = environ.get("LOKET_SECRET")
    if given is not None:
        if len(given) < 32:
            raise BadSetting("LOKET_SECRET: at least 32 characters are needed.")
        return given.encode()
    file = data / "secret"
    try:
        with file.open("xb") as new:
            file.chmod(0o600)
            new.write(secrets.token_hex(32).encode())
    except FileExistsError:
        pass
    return file.read_bytes()
