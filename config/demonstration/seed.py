"""Fills the demonstration's database; again it adds only what is missing and renews what is relative to today."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django_scopes import scope, scopes_disabled

from bookings.models import BookingPage
from config.demonstration import calendars, careers, governance, meetings, organisations, pages
from config.demonstration.organisations import Organisation
from tenants.models import Job, Mailbox, Tenant, User
from tenants.sandbox.models import DirectoryUser
from tenants.services import busy_times


def run(now: datetime) -> None:
    """Everything, in one transaction."""
    with transaction.atomic():
        organisations.site_administrator()
        for organisation in organisations.ORGANISATIONS:
            tenant = organisations.create(organisation, now)
            with scope(tenant=tenant):
                _fill(tenant, organisation, now)
        _catch_up(now)


def _catch_up(now: datetime) -> None:
    """What was due while nothing ran comes first, but is not late: the site is ready before all of it is done."""
    with scopes_disabled():
        a_moment_ago = now - timedelta(minutes=1)
        Job.objects.filter(state=Job.State.PENDING, due_at__lt=a_moment_ago).update(due_at=a_moment_ago)


def _fill(tenant: Tenant, organisation: Organisation, now: datetime) -> None:
    owner = User.objects.get(email=organisation.people[0].address)
    for number, person in enumerate(organisation.people):
        mailbox = DirectoryUser.objects.get(user_principal_name=person.address)
        calendars.fill(mailbox, organisation.time_zone, now, variant=number)
        pages.personal(person, now)
    if organisation.domain == "contoso.com":
        pages.clinic(tenant, owner, now)
        pages.help_desk(tenant, owner, now)
        careers.create(tenant, owner, now)
    else:
        pages.showroom(tenant, owner, now)
    for page in BookingPage.objects.filter(is_published=True, reachable_at__lte=now).select_related(
        "mailbox", "tenant"
    ):
        meetings.book(page, now)
    if organisation.domain == "contoso.com":
        governance.people(tenant, now)
        governance.pop_up(tenant, owner, now)
        governance.outage(owner, organisation.time_zone, now)
    for kept in Mailbox.objects.filter(syncs_calendar=True).select_related("tenant"):
        busy_times.request_pull(kept, now=now)
