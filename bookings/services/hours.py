"""Exceptions to weekly hours: dates with hours of their own, time off, closures."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from bookings.models import BookingPage, DateOverride, StaffMember, TimeOff
from bookings.services import waiting
from tenants.acting import Actor
from tenants.errors import InvalidInput
from tenants.scheduling import weekly_hours
from tenants.services import audit, changes


def set_date(
    *, page: BookingPage, on_date: date, intervals: list[list[str]], now: datetime, actor: Actor,
    staff_member: StaffMember | None = None, note: str = "",
) -> DateOverride:  # fmt: skip
    """Other hours on one date, in place of what was set for it; no intervals: closed that day.

    `staff_member`: for one person; None: for everybody who works the page's hours. Raises InvalidInput.
    """
    try:
        weekly_hours.parse_intervals(intervals)
    except weekly_hours.InvalidHours as wrong:
        raise InvalidInput({"intervals": [str(wrong)]}) from wrong
    with transaction.atomic():
        known = DateOverride.objects.filter(page=page, staff_member=staff_member, on_date=on_date).first()
        before = changes.plain(known) if known else {}
        row, created = DateOverride.objects.update_or_create(
            tenant=page.tenant, page=page, staff_member=staff_member, on_date=on_date,
            defaults={"intervals": intervals, "note": note},
        )  # fmt: skip
        old, new = changes.difference(before, changes.plain(row))
        if new:
            _record(row, "date.added" if created else "date.changed", now, actor, before=old, after=new)
    return row


def clear_date(*, override: DateOverride, now: datetime, actor: Actor) -> None:
    """The date has the weekly hours again."""
    with transaction.atomic():
        _record(override, "date.removed", now, actor, before=changes.plain(override))
        override.delete()


def add_time_off(
    *, page: BookingPage, starts_at: datetime, ends_at: datetime, now: datetime, actor: Actor,
    staff_member: StaffMember | None = None, reason: str = "", redirect_to: StaffMember | None = None,
) -> TimeOff:  # fmt: skip
    """A period away of one person, or a closure of the whole page. Bookings in it stay.

    `redirect_to`: whom visitors are led to meanwhile, one of `stand_ins`. Raises InvalidInput.
    """
    if starts_at >= ends_at:
        raise InvalidInput({"ends_at": [str(_("The end must come after the start."))]})
    if redirect_to is not None and redirect_to not in stand_ins(page, staff_member):
        raise InvalidInput({"redirect_to": [str(_("Choose a colleague who takes bookings."))]})
    with transaction.atomic():
        row = TimeOff.objects.create(
            tenant=page.tenant,
            page=page,
            staff_member=staff_member,
            starts_at=starts_at,
            ends_at=ends_at,
            reason=reason,
            redirect_to=redirect_to,
        )
        _record(row, "timeOff.added", now, actor, after=changes.plain(row))
    return row


def stand_ins(page: BookingPage, away: StaffMember | None) -> QuerySet[StaffMember]:
    """Who can be booked while `away` is not there (None: nobody of the page is): colleagues of a business page, and
    everybody with a published page of their own.
    """
    own = Q(page__kind=BookingPage.Kind.PERSONAL, page__is_published=True, page__activated_at__isnull=False)
    beside = Q(page=page) if away is not None and not page.is_personal else Q(pk=None)
    active = StaffMember.objects.filter(removed_at=None, status=StaffMember.Status.ACTIVE, page__deleted_at=None)
    rows = active.filter(own | beside)
    absent = away.mailbox_id if away else page.mailbox_id
    if away is not None:
        rows = rows.exclude(pk=away.pk)
    if absent is not None:
        rows = rows.exclude(mailbox=absent)
    return rows.select_related("page").order_by("display_name", "page__kind")


def remove_time_off(*, time_off: TimeOff, now: datetime, actor: Actor) -> None:
    """The period counts no longer; who waits for a time is offered what became free."""
    with transaction.atomic():
        _record(time_off, "timeOff.removed", now, actor, before=changes.plain(time_off))
        waiting.stretch_freed(
            page=time_off.page, member=time_off.staff_member, starts_at=time_off.starts_at, ends_at=time_off.ends_at,
            now=now, key=str(time_off.pk),
        )  # fmt: skip
        time_off.delete()


def _record(row: Any, action: str, now: datetime, actor: Actor, **values: Any) -> None:
    audit.record(tenant=row.tenant, actor=actor, action=action, target=row, now=now, **values)
