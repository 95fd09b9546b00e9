"""While Outlook cannot be read bookings go on with what is known; once it can, each is looked at again."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from django_scopes import scope

from bookings.models import Booking, StaffMember
from bookings.services import booking as bookings
from bookings.services import outage, reassignment, rechecks, rescheduling
from bookings.services.intake import Customer
from tenants import acting
from tenants.models import AuditEvent, BusyRead, Connection, Job, Mailbox, Membership, Message, Role
from tenants.sandbox import control
from tenants.services import busy_times
from tests import factories
from tests.calendar.clinic import ELEVEN, NINE, TEN, Clinic, cancel, reschedule
from tests.factories import NOW, StaffMemberFactory, at
from tests.microsoft365.organisation import CLIENT_ID, Microsoft365, run_due

pytestmark = pytest.mark.django_db(transaction=True)
WAITS, FREE, CLASH, NONE = (Booking.Recheck[name] for name in ("WAITS", "FREE", "CLASH", "NONE"))
HOUR = timedelta(hours=1)


def tried(clinic: Clinic, now: datetime | None = None, mailbox: Mailbox | None = None) -> None:
    """The next regular read of a calendar, and what follows it; `now` where the clock has gone on."""
    with time_machine.travel(now or timezone.now(), tick=True):
        busy_times.request_pull(mailbox or clinic.bea, now=timezone.now())
        for _ in range(3):
            Job.objects.filter(state=Job.State.PENDING, kind__in=["busy.pull", "outlook.push"]).update(
                due_at=timezone.now()
            )
            run_due()


def away(clinic: Clinic) -> None:
    """Graph stops answering, and a read has noticed."""
    control.fail(path="/v1.0/*", status=503, times=10_000)
    tried(clinic)


def back(clinic: Clinic) -> None:
    control.clear_faults()
    tried(clinic)


@pytest.fixture
def clinic(microsoft365: Microsoft365) -> Clinic:
    made = Clinic(microsoft365)
    tried(made)
    return made


def again(booking: Booking) -> Booking:
    return Booking.objects.get(pk=booking.pk)


def mails(template: str = "clash") -> list[Message]:
    return list(Message.objects.filter(template=template))


def actions(booking: Booking) -> list[str]:
    return list(AuditEvent.objects.filter(target_id=booking.pk).order_by("at", "pk").values_list("action", flat=True))


def test_a_booking_while_outlook_answers_is_not_marked(clinic: Clinic) -> None:
    booking = clinic.book()
    assert (booking.recheck, booking.relied_on_read_at) == (NONE, None)


def test_a_time_that_proves_free_is_settled_without_a_word(clinic: Clinic) -> None:
    read_at = BusyRead.objects.get().read_at
    away(clinic)
    booking = clinic.book()
    assert (booking.recheck, booking.relied_on_read_at) == (WAITS, read_at)
    run_due()
    [to_customer] = [message for message in mails("confirmed") if message.to == booking.customer_email]
    [to_host] = [message for message in mails("confirmed") if message.to == clinic.member.email]
    assert "only if the time has to change" in to_customer.text
    assert "checked as soon as it can" in to_host.text
    told = Message.objects.count()

    back(clinic)  # reads the calendar, and writes the event that waited
    tried(clinic)
    booking = again(booking)
    assert booking.recheck == FREE and booking.rechecked_at is not None
    assert booking.relied_on_read_at == read_at  # what it relied on stays known
    assert mails() == [] and Message.objects.count() == told
    assert "booking.rechecked" in actions(booking)
    assert clinic.events() and booking.status == Booking.Status.CONFIRMED


def test_a_clash_is_told_to_the_host_who_chooses(clinic: Clinic, microsoft365: Microsoft365) -> None:
    away(clinic)
    booking = clinic.book()
    microsoft365.put(clinic.bea, "Surgery", NINE - timedelta(minutes=15))
    microsoft365.put(clinic.bea, "Divorce", NINE + timedelta(minutes=15), sensitivity="private")
    run_due()
    back(clinic)
    assert again(booking).recheck == CLASH
    [message] = mails()
    assert message.to == clinic.member.email
    assert "Surgery" in message.text and "Private appointment" in message.text and "Divorce" not in message.text
    assert f"/staff/bookings/{booking.pk}/move/" in message.html and f"/staff/bookings/{booking.pk}/" in message.html
    [clashed] = AuditEvent.objects.filter(action="booking.clashed")
    assert len(clashed.after["events"]) == 2 and "Surgery" not in str(clashed.after)

    tried(clinic)  # the next reads do not tell it again
    assert len(mails()) == 1 and actions(booking).count("booking.clashed") == 1
    # The customer has heard of nothing but the confirmation.
    assert {one.template for one in Message.objects.filter(to=booking.customer_email)} == {"confirmed"}


@pytest.mark.parametrize("choice", ["move", "keep", "cancel"])
def test_every_choice_settles_it(clinic: Clinic, microsoft365: Microsoft365, choice: str) -> None:
    booking = clashing(clinic, microsoft365)
    if choice == "move":
        reschedule(booking, ELEVEN)
        assert (again(booking).recheck, again(booking).relied_on_read_at) == (NONE, None)
    elif choice == "cancel":
        cancel(booking)
    else:
        rechecks.keep(booking=booking, now=NOW, actor=acting.SYSTEM)
        assert again(booking).recheck == NONE and "booking.clashKept" in actions(booking)
    with pytest.raises(rechecks.NoClash):
        rechecks.keep(booking=booking, now=NOW, actor=acting.SYSTEM)
    tried(clinic)
    assert not rechecks.clashing(Booking.objects.all(), NOW).exists() and len(mails()) == 1


def clashing(clinic: Clinic, microsoft365: Microsoft365) -> Booking:
    """A booking that a read has found to clash with “Surgery”."""
    away(clinic)
    booking = clinic.book()
    microsoft365.put(clinic.bea, "Surgery", NINE - timedelta(minutes=15))
    back(clinic)
    run_due()
    return again(booking)


def test_an_event_that_is_moved_out_of_the_way_settles_it(clinic: Clinic, microsoft365: Microsoft365) -> None:
    booking = clashing(clinic, microsoft365)
    surgery = next(event for event in microsoft365.events(clinic.bea) if event.subject == "Surgery")
    microsoft365.remove(surgery)
    tried(clinic)
    assert again(booking).recheck == FREE


def test_our_own_event_whose_writing_nobody_heard_of_is_no_clash(clinic: Clinic) -> None:
    BusyRead.objects.update(failed_at=timezone.now())
    booking = clinic.book()
    control.drop_after_store(path="/v1.0/users/*/events")
    run_due()  # the event is in Outlook; we do not know
    assert clinic.events() and Job.objects.get(kind="outlook.push").state == Job.State.PENDING
    busy_times.pull(Mailbox.objects.select_related("tenant").get(pk=clinic.bea.pk), now=timezone.now())
    rechecks.look(again(booking), now=timezone.now())
    assert again(booking).recheck == WAITS
    tried(clinic)
    assert again(booking).recheck == FREE and mails() == [] and len(clinic.events()) == 1


def test_beyond_the_age_that_a_service_allows_nothing_is_booked(clinic: Clinic) -> None:
    clinic.service.calendar_age_limit = 2 * HOUR
    clinic.service.save()
    away(clinic)
    read_at = BusyRead.objects.get().read_at
    assert read_at is not None

    def book(now: datetime, starts_at: datetime) -> Booking:
        return bookings.book(
            page=clinic.page, service=clinic.service, starts_at=starts_at, customer=factories.ANA, now=now,
            actor=acting.visitor(factories.ANA.email),
        )  # fmt: skip

    assert book(read_at + timedelta(minutes=119), NINE).recheck == WAITS
    with pytest.raises(bookings.NotOffered):
        book(read_at + timedelta(minutes=121), TEN)
    clinic.service.calendar_age_limit = None
    clinic.service.save()
    assert book(read_at + timedelta(days=2), at("2026-11-26 10:00")).recheck == WAITS


def test_a_copy_that_nobody_renews_is_not_trusted_either_while_there_is_a_connection(clinic: Clinic) -> None:
    later = timezone.now() + outage.LATE + timedelta(minutes=1)
    member = StaffMember.objects.select_related("mailbox__busy_read").get(pk=clinic.member.pk)
    assert outage.behind([member], later - timedelta(minutes=2)) == [] and len(outage.behind([member], later)) == 1
    Connection.objects.all().delete()
    assert outage.behind([member], later) == []
    member.calendar_counts = False
    Connection.objects.create(tenant=clinic.page.tenant, secret_expires_on=NOW.date())
    assert outage.behind([member], later) == []


def test_an_expired_secret_is_an_outage_too(clinic: Clinic) -> None:
    from tenants.microsoft365 import credentials

    control.expire_secrets(CLIENT_ID)
    credentials.forget()
    tried(clinic)
    assert clinic.book().recheck == WAITS


def test_moving_and_handing_over_during_an_outage_marks_anew(clinic: Clinic, microsoft365: Microsoft365) -> None:
    booking = clinic.book()
    carl = microsoft365.mailbox("carl@contoso.com", "Carl")
    colleague = StaffMemberFactory(page=clinic.page, mailbox=carl)
    clinic.service.staff.add(colleague)
    away(clinic)
    moved = rescheduling.reschedule(booking=booking, starts_at=TEN, now=timezone.now(), actor=acting.SYSTEM)
    assert moved.recheck == again(booking).recheck == WAITS
    given = reassignment.reassign(booking=moved, to=colleague, now=timezone.now(), actor=acting.SYSTEM)
    assert given.recheck == again(booking).recheck == NONE  # Carl's calendar has not failed


def test_of_several_hosts_all_calendars_have_to_be_read(microsoft365: Microsoft365) -> None:
    clinic = Clinic(microsoft365, staffing="all")
    carl = microsoft365.mailbox("carl@contoso.com", "Carl")
    clinic.service.staff.add(StaffMemberFactory(page=clinic.page, mailbox=carl))
    tried(clinic)
    tried(clinic, mailbox=carl)
    away(clinic)
    tried(clinic, mailbox=carl)
    booking = clinic.book()
    assert booking.is_collective and booking.recheck == WAITS
    microsoft365.put(carl, "Away", NINE)
    control.clear_faults()
    control.fail(path=f"/v1.0/users/{carl.graph_id}/*", status=503, times=10_000)
    tried(clinic)
    assert again(booking).recheck == WAITS  # Bea's is read, Carl's not yet
    control.clear_faults()
    tried(clinic, mailbox=carl)
    assert again(booking).recheck == CLASH
    assert [message.to for message in mails()] == [StaffMember.objects.get(mailbox=carl).email]


def test_what_is_over_or_gone_is_not_looked_at(clinic: Clinic, microsoft365: Microsoft365) -> None:
    away(clinic)
    gone, over = clinic.book(), clinic.book(TEN)
    cancel(gone)
    microsoft365.put(clinic.bea, "Surgery", NINE, minutes=120)
    control.clear_faults()
    with time_machine.travel(TEN + HOUR, tick=True):
        tried(clinic, timezone.now())
    assert (again(gone).recheck, again(over).recheck) == (NONE, NONE) and mails() == []


@pytest.mark.parametrize(
    ("event", "expected"), [("2027-10-31 00:30", FREE), ("2027-10-31 01:15", CLASH)], ids=["before", "at"]
)
def test_the_hour_that_comes_twice_is_compared_as_an_instant(
    microsoft365: Microsoft365, event: str, expected: str
) -> None:
    """Zurich puts its clocks back on 31 October 2027 at 3:00: 2:15 is there twice, 0:15 and 1:15 UTC. Owner in
    Auckland, page in Zurich, customer in Los Angeles."""
    clinic = Clinic(microsoft365, maximum_advance=timedelta(days=400))
    Mailbox.objects.filter(pk=clinic.bea.pk).update(time_zone="Pacific/Auckland")
    clinic.page.weekly_hours = {"sun": [["00:00", "06:00"]], "sat": [["00:00", "24:00"]]}
    clinic.page.save()
    StaffMember.objects.filter(pk=clinic.member.pk).update(time_zone="Pacific/Auckland")
    clinic.bea.refresh_from_db()
    tried(clinic)
    away(clinic)
    second = at("2027-10-31 01:15")
    customer = Customer(name="Ana", email="ana@example.net", time_zone="America/Los_Angeles")
    booking = bookings.book(
        page=clinic.page, service=clinic.service, starts_at=second, customer=customer, now=timezone.now(),
        actor=acting.person(factories.UserFactory()), freely=True,
    )  # fmt: skip
    assert f"{second.astimezone(ZoneInfo('Europe/Zurich')):%H:%M}" == "02:15"
    microsoft365.put(clinic.bea, "Night", at(event), minutes=30)
    back(clinic)
    assert again(booking).recheck == expected
    run_due()
    for message in mails():
        assert "14:15–14:45" in message.text and "UTC+13:00" in message.text  # the host's clock, in Auckland


def signed_in(clinic: Clinic, role: str, *, owns: bool = False) -> tuple[Client, Membership]:
    membership = factories.member(clinic.page.tenant, role)
    if owns:
        Mailbox.objects.filter(pk=clinic.bea.pk).update(user=membership.user)
    client = Client()
    client.force_login(membership.user)
    return client, membership


def test_staff_see_it_and_decide_and_strangers_do_not(clinic: Clinic, microsoft365: Microsoft365) -> None:
    away(clinic)
    waits = clinic.book(ELEVEN)
    bea, _membership = signed_in(clinic, Role.TEAM_MEMBER, owns=True)
    assert "Waits for Outlook" in bea.get("/staff/bookings/").content.decode()
    assert "Outlook could not be read when this was booked" in bea.get(f"/staff/bookings/{waits.pk}/").content.decode()
    customers = Client().get(f"/manage/{waits.manage_token}").content.decode()
    assert "could not be read when you chose this time" in customers
    control.clear_faults()
    booking = clashing(clinic, microsoft365)

    url = f"/staff/bookings/{booking.pk}/"
    page = bea.get(url).content.decode()
    assert "clashes with Outlook" in page and "Surgery" in page and f"{url}keep/" in page and f"{url}move/" in page
    assert "Clashes with an event" in bea.get("/staff/bookings/").content.decode()
    assert "Clashes with Outlook" in bea.get("/staff/").content.decode()
    # Who looks after the page sees that there is something, not what.
    scheduler, _other = signed_in(clinic, Role.SCHEDULER)
    seen = scheduler.get(url).content.decode()
    assert "clashes with Outlook" in seen and "Surgery" not in seen

    viewer, _third = signed_in(clinic, Role.VIEWER)
    assert f"{url}keep/" not in viewer.get(url).content.decode()
    assert viewer.post(f"{url}keep/").status_code in (403, 404)
    fabrikam = factories.TenantFactory(name="Fabrikam", domain="fabrikam.com")
    with scope(tenant=fabrikam):
        eve = Client()
        eve.force_login(factories.member(fabrikam, Role.OWNER).user)
    assert eve.get(url).status_code == 404 and eve.post(f"{url}keep/").status_code == 404
    assert bea.get(f"{url}keep/").status_code == 405
    assert again(booking).recheck == CLASH

    bea.post(f"{url}keep/")
    assert again(booking).recheck == NONE
    assert "Kept although it clashes" in bea.get(url).content.decode()


def test_the_page_tells_visitors_calmly(clinic: Clinic) -> None:
    path = f"{clinic.page.url.partition('://')[2].partition('/')[2]}".rstrip("/")
    url = f"/{path}/service/{clinic.service.pk}"
    assert "could not be read just now" not in Client().get(url, follow=True).content.decode()
    away(clinic)
    assert "could not be read just now" in Client().get(url, follow=True).content.decode()
