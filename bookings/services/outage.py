"""Booking while Outlook cannot be read: on what is known, marked, and checked again afterwards (`rechecks`).

| the copy of a host's calendar                                   | a booking made now                         |
|-----------------------------------------------------------------|--------------------------------------------|
| was read well                                                   | stands                                     |
| could not be read at the last try                               | relies on the copy: marked, checked again  |
| was read longer ago than `LATE`, though there is a connection   | the same                                   |
| is older than the service allows (`Service.calendar_age_limit`) | is not offered (`availability`)            |
| is not kept, or does not count                                  | stands                                     |
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from bookings.models import Booking, StaffMember
from tenants.models import BusyRead, Connection

#: Copies older than this are not what a calendar says now.
LATE = timedelta(hours=2)
#: The fields of a booking that `mark` sets.
FIELDS = ("relied_on_read_at", "recheck", "rechecked_at")


def counted(hosts: Iterable[StaffMember]) -> list[StaffMember]:
    """Those whose Outlook calendars count."""
    return [host for host in hosts if host.calendar_counts and host.mailbox and host.mailbox.syncs_calendar]


def behind(hosts: Iterable[StaffMember], now: datetime) -> list[BusyRead]:
    """The copies of their calendars that cannot be trusted at `now`."""
    reads = [getattr(host.mailbox, "busy_read", None) for host in counted(hosts)]
    return [read for read in reads if read is not None and _is_behind(read, now)]


def _is_behind(read: BusyRead, now: datetime) -> bool:
    if read.failed_at and (not read.read_at or read.failed_at > read.read_at):
        return True
    is_late = read.read_at is not None and read.read_at < now - LATE
    return is_late and Connection.objects.filter(tenant=read.tenant_id, is_active=True).exists()


def mark(booking: Booking, hosts: Iterable[StaffMember], now: datetime) -> None:
    """Notes on the booking, which the caller saves, on what its time relies; anew whenever it gets another time."""
    reads = behind(hosts, now)
    booking.recheck = Booking.Recheck.WAITS if reads else Booking.Recheck.NONE
    booking.relied_on_read_at = min((read.read_at for read in reads if read.read_at), default=None)
    booking.rechecked_at = None
