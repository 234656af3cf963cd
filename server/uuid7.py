"""UUID version 7 (RFC 9562, 5.7): ids that sort by time, so that new rows fall on few pages of the index."""

from uuid import UUID


def uuid7(milliseconds: int, randomness: bytes) -> UUID:
    """The id of a moment (since 1970) and ten random bytes."""
    value = (milliseconds << 80) | int.from_bytes(randomness)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)
