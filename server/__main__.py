"""The command line: `loket …`, or `python -m server …`."""

import asyncio
import os
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click

from server.settings import BadSetting, Settings, settings_from

T = TypeVar("T")


def read_settings() -> Settings:
    try:
        return settings_from(os.environ)
    except BadSetting as error:
        raise click.ClickException(str(error)) from error


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="loket")
@click.option("--data", type=click.Path(file_okay=False), help="The data directory (LOKET_DATA).")
def main(data: str | None) -> None:
    """Loket: from the counter to the index."""
    if data:
        os.environ["LOKET_DATA"] = data


@main.command()
@click.option("--data", type=click.Path(file_okay=False), help="The data directory (LOKET_DATA).")
@click.option("--host", help="Where to listen (LOKET_HOST).")
@click.option("--port", type=int, help="Where to listen (LOKET_PORT).")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Server processes.")
def serve(data: str | None, host: str | None, port: int | None, workers: int) -> None:
    """Serve Loket; the database is brought up to date first."""
    for name, value in (("LOKET_DATA", data), ("LOKET_HOST", host), ("LOKET_PORT", port)):
        if value is not None:
            os.environ[name] = str(value)
    settings = read_settings()
    import uvicorn

    from server.migrations import migrate

    click.echo(f"Loket melayani di {settings.public_url} (Ctrl-C untuk berhenti).")
    if workers > 1:  # one process alone does it by itself when it starts
        asyncio.run(migrate(settings.database_url))
    uvicorn.run(
        "server.__main__:application",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=workers,
        loop="auto",
        http="auto",
        access_log=False,
        server_header=False,
        date_header=True,
        # the client's address is read by our own rule (LOKET_PROXIES), not by a guess
        proxy_headers=False,
        timeout_graceful_shutdown=10,
        log_level="warning",
    )


def application() -> object:
    """The ASGI application of one server process."""
    from server.app import create_app

    return create_app(read_settings())


@main.command()
def migrate() -> None:
    """Bring the database up to date."""
    from server.migrations import migrate as run

    asyncio.run(run(read_settings().database_url))


@main.command()
@click.option("--units", type=click.IntRange(4, 400), default=99, show_default=True)
@click.option("--responses", type=click.IntRange(0, 500_000), default=40_000, show_default=True)
@click.option("--seed", type=int, default=2026, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Tell the logins, codes and slugs as JSON.")
def demo(units: int, responses: int, seed: int, as_json: bool) -> None:
    """Plant a fictional city with a year of answers, once."""
    from server.cli import plant_demo

    run(plant_demo(read_settings(), units, responses, seed, as_json=as_json))


@main.group(name="import")
def import_() -> None:
    """Bring in a sheet (CSV) of responses or units, or the queue file of a phone."""


@import_.command(name="responses")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--counter", required=True, metavar="CODE", help="The counter where they were answered.")
@click.option(
    "--order", type=click.Choice(["regulation", "questionnaire"]), help="How columns U1 to U9 are numbered."
)
def import_responses(file: Path, counter: str, order: str | None) -> None:
    """Import answers, one respondent a row; all or nothing, and twice is once."""
    from server.cli import import_responses

    run(import_responses(read_settings(), file, counter, order))


@import_.command(name="units")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only tell what would be done.")
def import_units(file: Path, dry_run: bool) -> None:
    """Import units, public services and counters; all or nothing, and twice is once."""
    from server.cli import import_units

    run(import_units(read_settings(), file, dry_run=dry_run))


@import_.command(name="queue")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--by", metavar="USERNAME", help="Who brings it: somebody of the bureau.")
def import_queue(file: Path, by: str | None) -> None:
    """Import what waited on a phone (its queue file); twice is once. Fails where something was refused."""
    from server.cli import import_queue

    if not run(import_queue(read_settings(), file, by)):
        sys.exit(1)


@main.command()
@click.argument("unit")
@click.option("--from", "first", metavar="DAY", help="First local day, 2026-01-01.")
@click.option("--to", "last", metavar="DAY", help="Last local day.")
@click.option("--service", metavar="SLUG")
@click.option("--convention", metavar="NAME", help="exact, w0.11, … (default: the city's)")
@click.option("--steps", is_flag=True, help="The arithmetic, line by line.")
@click.option("--json", "as_json", is_flag=True)
def index(
    unit: str,
    first: str | None,
    last: str | None,
    service: str | None,
    convention: str | None,
    steps: bool,
    as_json: bool,
) -> None:
    """Print the index of a unit (by its slug)."""
    from server.cli import print_index

    run(print_index(read_settings(), unit, first, last, service, convention, steps=steps, as_json=as_json))


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option(
    "--order", type=click.Choice(["regulation", "questionnaire"]), help="How columns U1 to U9 are numbered."
)
@click.option("--convention", metavar="NAME", default="exact", show_default=True)
@click.option("--json", "as_json", is_flag=True)
def compute(file: Path, order: str | None, convention: str, as_json: bool) -> None:
    """Compute the index of a table (CSV or JSON; - reads from the pipe); nothing is stored."""
    from server.cli import print_computed

    print_computed(file, order, convention, as_json=as_json)


@main.command()
def verify() -> None:
    """Recompute every tally from the responses, and every seal of the audit trail; fail where they differ."""
    from server.cli import print_verified

    if not run(print_verified(read_settings())):
        sys.exit(1)


@main.command()
@click.argument("codes", nargs=-1)
@click.option("--unit", metavar="SLUG", help="All counters of a unit.")
@click.option("--paper", type=click.Choice(["a4", "a5", "tent"]), default="a4", show_default=True)
@click.option("--svg", is_flag=True, help="Only the QR code of one counter, as SVG.")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Default: standard output."
)
def qr(codes: tuple[str, ...], unit: str | None, paper: str, svg: bool, output: Path | None) -> None:
    """Make posters (PDF) for counters, or the QR code of one."""
    from server.cli import make_posters

    made = run(make_posters(read_settings(), codes, unit, paper, svg=svg))
    if output:
        output.write_bytes(made)
    else:
        sys.stdout.buffer.write(made)


@main.group()
def user() -> None:
    """People who sign in."""


@user.command(name="add")
@click.argument("username")
@click.option("--name", required=True)
@click.option(
    "--role", type=click.Choice(["administrator", "coordinator", "inspector", "officer"]), required=True
)
@click.option("--unit", metavar="SLUG", help="Needed for an officer.")
@click.password_option(help="Asked for when not given.")
def add_user(username: str, name: str, role: str, unit: str | None, password: str) -> None:
    """Open an account."""
    from server.cli import add_user

    run(add_user(read_settings(), username, name, role, unit, password))


@user.command(name="password")
@click.argument("username")
@click.password_option(help="Asked for when not given.")
def set_password(username: str, password: str) -> None:
    """Set a new password; the person is signed out everywhere."""
    from server.cli import set_password

    run(set_password(read_settings(), username, password))


@user.command(name="list")
def list_users() -> None:
    """Everybody with an account."""
    from server.cli import print_users

    run(print_users(read_settings()))


@main.group()
def instruments() -> None:
    """Instruments of inspections: those that come with Loket, and your own."""


@instruments.command(name="check")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
def check_instruments(files: tuple[Path, ...]) -> None:
    """Check instrument files (JSON); tells every fault with its line, and fails."""
    from server.cli import check_instruments

    if not check_instruments(files):
        sys.exit(1)


@instruments.command(name="list")
def list_instruments() -> None:
    """The instruments that come with Loket."""
    from server.cli import print_instruments

    print_instruments()


@instruments.command(name="show")
@click.argument("address")
def show_instrument(address: str) -> None:
    """Print an instrument (by its address, pekppp/2022), to start your own from."""
    from server.cli import print_instrument

    print_instrument(address)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Runs a command; a refusal is told in its sentence, not as a traceback."""
    from server.problems import Problem
    from server.skm.rules import SkmError

    try:
        return asyncio.run(work)
    except (Problem, SkmError) as error:
        raise click.ClickException(error.detail) from error


if __name__ == "__main__":
    sys.exit(main())
