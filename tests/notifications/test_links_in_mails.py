"""Whoever opens the links of our mails, twenty times over, changes nothing: mail scanners do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.conf import settings
from django.test import Client

from bookings.models import Booking, Reminder
from bookings.notifications import catalogue, samples
from bookings.services import (
    calendar_watch,
    cancellation,
    deadlines,
    decisions,
    follow_up,
    link_keeping,
    mail_codes,
    mail_templates,
    memberships,
    monthly_summary,
    pages,
    private_links,
    reassignment,
    rechecks,
    rescheduling,
    staff,
    time_offers,
    waiting,
)
from bookings.services.intake import Details
from tenants import acting, mail, outbox
from tenants.models import (
    BusyPeriod,
    BusyRead,
    Connection,
    Job,
    Mailbox,
    Membership,
    Message,
    Role,
    Tenant,
    WebhookDelivery,
)
from tenants.services import connection_watch, secret_warnings, webhooks
from tests import factories
from tests.factories import ANA, NOW, at
from tests.isolation.test_every_address import fingerprint

Run = Callable[..., None]
NINE = at("2026-11-30 09:00")
HOUR = timedelta(hours=1)
SYSTEM, VISITOR = acting.SYSTEM, acting.visitor(ANA.email)


class World:
    """An organisation in which everything happens that a mail is written about."""

    def __init__(self, tenant: Tenant, run: Run) -> None:
        self.tenant, self._run = tenant, run
        self.owner: Membership = factories.member(tenant, Role.OWNER)
        self.page, self.service, self.members = factories.clinic(
            tenant, staff=2, guests_allowed=True, waiting_list=True
        )  # fmt: skip
        Reminder.objects.create(tenant=tenant, service=self.service, distance=HOUR, reader="both")
        Reminder.objects.create(tenant=tenant, service=self.service, when="after", distance=HOUR)

    def send(self, now: Any = NOW) -> None:
        for kind in (
            Job.objects.filter(kind__startswith="mail.", due_at__lte=now).values_list("kind", flat=True).distinct()
        ):
            self._run(now=now, kind=kind)

    def book(self, hour: int, **more: Any) -> Booking:
        service = more.pop("service", self.service)
        return factories.book(service.page, service, at(f"2026-11-30 {hour:02}:00"), **more)

    def change_bookings(self) -> None:
        first = self.book(8, staff_id=self.members[0].pk, details=Details(guests=["kim@example.org"]))
        moved, given, gone = self.book(9), self.book(10, staff_id=self.members[0].pk), self.book(11)
        self.send()
        Booking.objects.filter(pk=first.pk).update(join_url="https://teams.microsoft.com/l/meetup-join/x")
        follow_up.link_known(Booking.objects.select_related("staff_member__mailbox").get(pk=first.pk), now=NOW)
        rescheduling.reschedule(booking=moved, starts_at=at("2026-11-30 12:00"), now=NOW, actor=VISITOR)
        reassignment.reassign(booking=given, to=self.members[1], now=NOW, actor=SYSTEM, how="reassigned")
        cancellation.cancel(booking=gone, now=NOW, actor=SYSTEM, reason="Fever")
        self.send()
        self.send(at("2026-11-30 07:00"))
        self.send(at("2026-11-30 09:30"))

    def ask(self) -> None:
        service = factories.ServiceFactory(page=self.page, approval="host")
        one, two, late = (self.book(hour, service=service, staff_id=self.members[1].pk) for hour in (13, 14, 15))
        self.send()
        decisions.reject(approval=one.approvals.get(), now=NOW, actor=SYSTEM, by="Bea")
        job = Job.objects.get(kind="approval.due", payload__approval=str(two.approvals.get().pk))
        deadlines.due(job, job.due_at)
        decisions.expire(Booking.objects.get(pk=late.pk), now=NOW, actor=SYSTEM)
        self.send(job.due_at)

    def hire(self) -> None:
        colleague = {"page": self.page, "now": NOW, "actor": SYSTEM, "email": "new@contoso.com"}
        staff.add(**colleague, display_name="Now")
        self.tenant.require_staff_approval = True
        self.tenant.save()
        self.page.refresh_from_db()
        staff.add(**colleague, display_name="Later")
        asked = staff.add(**colleague, display_name="No")
        self.send()
        memberships.answer(approval=asked.approvals.get(), agrees=False, now=NOW, actor=SYSTEM, by="No")
        pages.create_business(
            tenant=self.tenant, display_name="Second", creator=self.owner.user, now=NOW, actor=SYSTEM
        )  # fmt: skip
        self.send()

    def wait(self) -> None:
        days = {"first_date": date(2026, 11, 30), "last_date": date(2026, 12, 4)}
        entry = waiting.join(service=self.service, customer=ANA, now=NOW, actor=VISITOR, **days)
        self.send()
        assert time_offers.offer_to(entry=entry, starts_at=at("2026-12-01 09:00"), now=NOW)
        mail_codes.ask(page=self.page, request_key="k", address=ANA.email, name=ANA.name, language="en", now=NOW)
        follow_up.digest(
            tenant=self.tenant, to="bea@contoso.com", to_name="Bea", language="en", subject="Cancelled: 3 bookings",
            key="x", now=NOW,
        )  # fmt: skip
        self.send()

    def share(self) -> None:
        """A private meeting type goes to somebody by its own link."""
        private = factories.ServiceFactory(page=self.page, title="Second opinion", is_public=False)
        link = private_links.create(service=private, now=NOW, actor=SYSTEM, email=ANA.email, max_uses=1)
        link_keeping.send(link=link, now=NOW, actor=SYSTEM)
        self.send()

    def break_things(self) -> None:
        """A program that cannot be told of bookings, and a calendar that cannot be read."""
        endpoint, _secret = webhooks.create(tenant=self.tenant, url="https://x.example/", now=NOW, actor=SYSTEM)
        webhooks.test(endpoint=endpoint, now=NOW)
        webhooks.give_up(delivery=WebhookDelivery.objects.get(), now=NOW, at_once=True)
        Connection.objects.create(tenant=self.tenant, secret_expires_on=NOW.date() + timedelta(days=90))
        Mailbox.objects.filter(pk=self.members[0].mailbox_id).update(syncs_calendar=True)
        BusyRead.objects.create(tenant=self.tenant, mailbox=self.members[0].mailbox, read_at=NOW - 3 * HOUR)
        assert calendar_watch.warn(NOW)
        self.send()
        clashes = self.book(11, staff_id=self.members[0].pk)
        BusyRead.objects.update(read_at=NOW)
        BusyPeriod.objects.create(
            tenant=self.tenant, mailbox=self.members[0].mailbox, event_id="e", starts_at=clashes.starts_at,
            ends_at=clashes.ends_at + HOUR,
        )  # fmt: skip
        rechecks.look(clashes, now=NOW)
        self.send()

    def warn_administrators(self) -> None:
        """The connection breaks while its secret is about to end, and a month is over."""
        soon = {"secret_expires_on": NOW.date() + timedelta(days=7), "client_secret": "x", "tested_at": NOW}
        Connection.objects.update(**soon, state=Connection.State.BROKEN, last_error="AADSTS7000222")
        assert secret_warnings.warn(NOW) == connection_watch.watch(NOW) == 1
        Tenant.objects.update(created_at=NOW - timedelta(days=60))
        assert monthly_summary.send_due(NOW) == 1
        self._run(kind=mail.KIND)

    def sign_in(self) -> None:
        """Somebody chooses a new password, takes another mail address, and tries out a template."""
        host = urlsplit(settings.SITE_URL).netloc
        Client(headers={"host": host}).post("/accounts/password/reset/", {"email": self.owner.user.email})
        own = Client(headers={"host": host})
        own.force_login(self.owner.user)
        own.post("/accounts/email/", {"action_add": "", "email": "other@contoso.com"})
        mail_templates.send_test(
            tenant=self.tenant, kind=catalogue.KINDS[0], language="en", subject="", text="", to=self.owner.user, now=NOW
        )  # fmt: skip
        self._run(kind=mail.KIND)


@pytest.fixture
def world(contoso: Tenant, run: Run) -> Iterator[World]:
    with time_machine.travel(NOW, tick=False):
        made = World(contoso, run)
        made.change_bookings()
        made.ask()
        made.hire()
        made.wait()
        made.share()
        made.break_things()
        made.warn_administrators()
        made.sign_in()
        yield made


def every_template() -> set[str]:
    """The name of every mail that the product can send, read from its own text."""
    folders = [Path(settings.BASE_DIR, name) for name in ("bookings/notifications", "bookings/services", "tenants")]
    found = {name for folder in folders for path in folder.rglob("*.py")
             for name in re.findall(r'template="([A-Za-z]+)"', path.read_text())}  # fmt: skip
    accounts = Path(settings.BASE_DIR, "templates/account/email").glob("*_subject.txt")
    found |= {f"account/email/{path.name.removesuffix('_subject.txt')}" for path in accounts}
    return (found | {kind.template for kind in catalogue.KINDS}) - {"direct"}  # Django's own, without a letter of ours


def own_links() -> set[str]:
    """Every address of this site in any part of any mail."""
    found: set[str] = set()
    for message in Message.objects.all():
        everything = message.html + message.text + message.calendar.replace("\r\n ", "")
        found |= set(re.findall(rf"{re.escape(settings.SITE_URL)}([^\s\"<>\\]*)", everything))
    return found


@pytest.mark.row("S4.30")
def test_opening_every_link_of_every_mail_changes_nothing(world: World, client: Client) -> None:
    written = set(Message.objects.values_list("template", flat=True))
    assert written >= every_template()
    assert {kind for kind in outbox._handlers if kind.startswith("mail.")} <= set(
        Job.objects.values_list("kind", flat=True)
    )
    links = own_links()
    families = {
        "manage", "approve", "offer", "waiting", "staff", "book", "bookwithme", "organisation", "accounts"
    }  # fmt: skip
    assert {link.split("/")[1] for link in links} == families
    assert any("answer=reject" in link for link in links)
    before = fingerprint(world.tenant)
    opened = set()
    for _twenty in range(20):
        for link in sorted(links):
            missing = {404} if samples.TOKEN in link else set()
            opened |= {client.get(link).status_code, client.head(link).status_code} - missing
    assert fingerprint(world.tenant) == before and opened <= {200, 302, 410}
    client.force_login(world.owner.user)
    assert {client.get(link).status_code for link in links if samples.TOKEN not in link} <= {200, 302, 410}
    assert fingerprint(world.tenant) == before


def test_nobodys_mail_holds_a_link_that_acts_for_another(world: World) -> None:
    for message in Message.objects.all():
        everything = message.text + message.html + message.calendar.replace("\r\n ", "")
        if message.to != ANA.email and message.template != "test":
            assert not re.search(r"/(manage|offer|waiting|bookwithme/link)/", everything), (
                message.template,
                message.to,
            )
        else:
            assert "/approve/" not in everything, message.template
