"""The rules of tus 1.0.0 as far as headers go: what a request says, and what answers say. Pure."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any
from uuid import UUID

import msgspec

from server.problems import Problem

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,expiration,termination"
CHECKSUMS = ("sha1", "sha256")
BODY_TYPE = "application/offset+octet-stream"

MEGABYTE = 1024 * 1024
MOST_BYTES = 100 * MEGABYTE
PICTURE_MOST_BYTES = 25 * MEGABYTE

KEPT = timedelta(days=7)
"""How long an upload waits for its next byte."""
RENEWED_AFTER = timedelta(hours=1)
"""How much of that may pass before it is renewed: not every piece of a file costs a turn to write."""

METHODS = {True: ("HEAD", "PATCH", "DELETE", "OPTIONS"), False: ("POST", "OPTIONS")}
"""What an upload, and what the address of all uploads can be asked."""

NAME_MOST, TYPE_MOST = 160, 100

OFFERS = {
    "Tus-Version": VERSION,
    "Tus-Extension": EXTENSIONS,
    "Tus-Max-Size": str(MOST_BYTES),
    "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
}

_NUMBER = re.compile(r"[0-9]{1,15}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_KEY = re.compile(r"[!-+\--~]+")
"""Printable ASCII without space and comma."""


class Announced(msgspec.Struct, frozen=True):
    """What the maker of an upload says of the file."""

    length: int
    sha256: str | None
    media_type: str
    name: str
    person: str
    """Whose work it belongs to, where its maker says so."""
    inspection: UUID | None
    """Of which visit, likewise."""
    metadata_header: str
    """As it came, to be told back."""


class Checksum(msgspec.Struct, frozen=True):
    """The hash that a piece was sent with."""

    algorithm: str
    digest: bytes

    def new_hash(self) -> Any:
        # sha1 guards against a bad line here, not against a forger
        return hashlib.new(self.algorithm, usedforsecurity=False)


def refuse_other_version(said: str) -> None:
    if said != VERSION:
        raise Problem("tus_version")


def method_meant(method: str, override: str, has_upload: bool) -> str:
    """What is asked for. Some networks let only GET and POST through: a POST may say that it means another."""
    meant = override.upper() if method == "POST" and override else method
    if meant not in METHODS[has_upload]:
        raise Problem("wrong_method")
    return meant


def announced(length: str, deferred: str, concatenated: str, metadata_header: str) -> Announced:
    """What a creation says, from its headers."""
    if deferred:
        raise _bad("Upload-Defer-Length tidak didukung; sebutkan Upload-Length.")
    if concatenated:
        raise _bad(
            "Unggahan yang digabung (Upload-Concat) tidak didukung; unggah berkas dalam satu unggahan."
        )
    metadata = read_metadata(metadata_header)
    said = Announced(
        length=_number("Upload-Length", length),
        sha256=_hash_in(metadata),
        media_type=_text(metadata.get("filetype", b""))[:TYPE_MOST],
        name=_text(metadata.get("filename", b""))[:NAME_MOST],
        person=_text(metadata.get("person", b""))[:NAME_MOST],
        inspection=_id_in(metadata),
        metadata_header=metadata_header,
    )
    most = PICTURE_MOST_BYTES if said.media_type.lower().startswith("image/") else MOST_BYTES
    if said.length > most:
        raise Problem("too_large", most=f"{most // MEGABYTE} MB")
    return said


def read_metadata(header: str) -> dict[str, bytes]:
    """`key base64, key base64`; a key may stand without a value, but not twice."""
    found: dict[str, bytes] = {}
    for pair in header.split(",") if header.strip() else ():
        key, _, value = pair.strip().partition(" ")
        if not _KEY.fullmatch(key):
            raise _bad("Upload-Metadata memuat kunci yang kosong atau tidak sah.")
        if key in found:
            raise _bad("Upload-Metadata memuat kunci yang sama dua kali.")
        found[key] = _unpacked("Upload-Metadata", value)
    return found


def _hash_in(metadata: Mapping[str, bytes]) -> str | None:
    said = metadata.get("sha256")
    if said is None:
        return None
    sha256 = said.decode("latin-1").lower()
    if not _SHA256.fullmatch(sha256):
        raise _bad("sha256 ditulis sebagai 64 angka heksadesimal.")
    return sha256


def _id_in(metadata: Mapping[str, bytes]) -> UUID | None:
    try:
        return UUID(metadata.get("inspection", b"").decode("latin-1"))
    except ValueError:
        # other programs may use the word in their own way
        return None


def _text(value: bytes) -> str:
    """Words of a stranger, without what no name holds and no database takes."""
    return "".join(one for one in value.decode("utf-8", "replace") if one.isprintable()).strip()


def offset_in(header: str) -> int:
    return _number("Upload-Offset", header)


def checksum_in(header: str) -> Checksum | None:
    """`algorithm base64`; None: the piece was sent without."""
    if not header:
        return None
    algorithm, _, value = header.strip().partition(" ")
    if algorithm not in CHECKSUMS:
        raise _bad("Upload-Checksum memakai cara yang tidak dikenal; yang didukung: sha1, sha256.")
    digest = _unpacked("Upload-Checksum", value)
    if len(digest) != hashlib.new(algorithm, usedforsecurity=False).digest_size:
        raise _bad("Upload-Checksum tidak lengkap.")
    return Checksum(algorithm, digest)


def refuse_beyond(length: int, end: int) -> None:
    """No file grows past what was announced."""
    if end > length:
        raise Problem("too_large", most=f"{length} byte")


def http_date(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


def _number(name: str, said: str) -> int:
    if not _NUMBER.fullmatch(said):
        raise _bad(f"{name} harus berupa bilangan bulat.")
    return int(said)


def _unpacked(name: str, value: str) -> bytes:
    try:
        return base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise _bad(f"{name} memuat isi yang bukan base64.") from error


def _bad(what: str) -> Problem:
    return Problem("bad_upload", what=what)
