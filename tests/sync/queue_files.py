"""Queue files as a phone writes them, and as nobody should."""

import json
import zipfile
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.sync.phone import Item, Phone


def manifest_of(
    phone: Phone, items: Sequence[Item], photos: Sequence[bytes] = (), **facts: Any
) -> dict[str, Any]:
    return {
        "format": "loket-queue",
        "wire": 1,
        "person": "eka",
        "device_id": str(phone.device_id),
        "exported_at": phone.now.isoformat(),
        "items": [
            {
                "id": str(item.id),
                "seq": item.seq,
                "kind": item.kind,
                "base_rev": item.base_rev,
                "body_sha256": item.sha256,
                "file": f"items/{item.id}.{item.sha256[:8]}.json",
            }
            for item in items
        ],
        "photos": [
            {
                "sha256": sha256(photo).hexdigest(),
                "bytes": len(photo),
                "type": "image/jpeg",
                "file": f"photos/{sha256(photo).hexdigest()}",
            }
            for photo in photos
        ],
        **facts,
    }


def entries_of(items: Sequence[Item], photos: Sequence[bytes] = ()) -> dict[str, bytes]:
    return {
        **{f"items/{item.id}.{item.sha256[:8]}.json": item.text for item in items},
        **{f"photos/{sha256(photo).hexdigest()}": photo for photo in photos},
    }


def queue_file(
    place: Path,
    phone: Phone,
    items: Sequence[Item],
    photos: Sequence[bytes] = (),
    *,
    entries: Mapping[str, bytes] | None = None,
    means: int = zipfile.ZIP_STORED,
    **facts: Any,
) -> Path:
    """A queue file at `place`; `entries` are put in beside or instead of what belongs there."""
    listed = {
        "manifest.json": json.dumps(manifest_of(phone, items, photos, **facts)).encode(),
        **entries_of(items, photos),
        **(entries or {}),
    }
    listed["SHA256SUMS"] = b"".join(
        f"{sha256(content).hexdigest()}  {name}\n".encode() for name, content in listed.items()
    )
    with zipfile.ZipFile(place, "w", means) as archive:
        for name, content in listed.items():
            archive.writestr(name, content)
    return place
