"""The national and published instruments that come with Loket, read once."""

from functools import cache
from pathlib import Path

from server.inspections.check import read
from server.inspections.instrument import Instrument

FOLDER = Path(__file__).parent / "instruments"

NAMES = ("pekppp-2022", "pekppp-2022-b", "pekppp-2017", "ombudsman-2022", "ombudsman-classic", "sampang-2018")
"""The files in the order in which people look for them."""


@cache
def nationals() -> dict[str, Instrument]:
    """Every instrument by its address, `pekppp/2022`."""
    instruments = (read(content_of(name)) for name in NAMES)
    return {instrument.address: instrument for instrument in instruments}


def content_of(name: str) -> bytes:
    """The file of an instrument, by its id."""
    return (FOLDER / f"{name}.json").read_bytes()
