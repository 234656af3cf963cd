"""How long a unit may answer a finding (masa sanggah): whole local days after the visit was verified.

Pure.
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec


class Window(msgspec.Struct, frozen=True):
    """The days on which a unit may answer; the last one counts to its end."""

    last_day: date
    ends_at: datetime
    """The first moment that is too late."""

    def is_open(self, now: datetime) -> bool:
        return now < self.ends_at


def window(verified_at: datetime, reply_days: int, zone: str) -> Window:
    """The day of the verification is no day of the window's: a unit that reads of it in the evening loses nothing."""
    local = ZoneInfo(zone)
    last_day = verified_at.astimezone(local).date() + timedelta(days=reply_days)
    return Window(last_day, datetime.combine(last_day + timedelta(days=1), time.min, local))
