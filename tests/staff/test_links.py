"""The console of private links: what became of each, and what its owner does with it."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_scopes import scopes_disabled

from bookings.models import Booking, BookingPage, PrivateLink, Service
from bookings.services import cancellation, link_keeping, offers, private_links
from tenants import acting, outbox
from tenants.models import AuditEvent, Job, Message, Role, Tenant
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def service(sign_in, client: Client) -> Service:
    """A private meeting type of the member who is signed in."""
    sign_in()
    client.post(reverse("staff:activate"))
    made = BookingPage.objects.get().services.first()
    BookingPage.objects.update(reachable_at=timezone.now() - timedelta(days=1))
    Service.objects.filter(pk=made.pk).update(is_public=False)
    return Service.objects.select_related("page__tenant", "tenant", "page__mailbox").get(pk=made.pk)


def at(name: str, link: PrivateLink) -> str:
    return reverse(f"staff:{name}", args=[link.service.page_id, link.service_id, link.pk])


def console(service: Service) -> str:
    return reverse("staff:service_links", args=[service.page_id, service.pk])


def new(service: Service, **rules) -> PrivateLink:
    return private_links.create(service=service, now=timezone.now(), actor=acting.SYSTEM, **rules)


def booked(link: PrivateLink, name: str = "Ana Pérez") -> Booking:
    now = timezone.now()
    page = link.service.page
    free = offers.nearest(page=page, service=link.service, starts_at=now + timedelta(days=3), now=now)
    customer = factories.ANA.__class__(name=name, email="ana@example.net", time_zone="Europe/Zurich")
    return factories.book(page, link.service, free[0], link=link, now=now, customer=customer)


def rows(body: str) -> list[str]:
    """The words of each link's row."""
    found = re.findall(r'<li class="rows__row link-row">(.*?)</li>', body, flags=re.S)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in found]


@pytest.mark.row("S4.12", "S4.13", "S4.14")
def test_a_private_type_has_many_links_each_with_its_own_limits(service: Service, client: Client) -> None:
    client.post(console(service), {"label": "Team"})
    client.post(console(service), {"label": "Once", "uses": "once", "expires": "on", "expires_on": "2099-12-31"})
    client.post(console(service), {"label": "Five", "uses": "times", "max_uses": "5", "expires": "never"})
    team, once, five = (PrivateLink.objects.get(label=label) for label in ("Team", "Once", "Five"))
    assert team.max_uses is None and abs(team.expires_at - timezone.now() - timedelta(days=90)) < timedelta(minutes=1)
    assert (once.max_uses, once.expires_at) == (1, datetime(2099, 12, 31, 22, 59, 59, tzinfo=UTC))  # in Zurich
    assert (five.max_uses, five.expires_at) == (5, None)
    shown = client.get(console(service)).content.decode()
    assert all(f'data-copy="{link.url}"' in shown for link in (team, once, five))


def test_what_is_missing_is_asked_for_beside_its_field(service: Service, client: Client) -> None:
    body = client.post(console(service), {"uses": "times", "expires": "on"}).content.decode()
    assert "Choose the last day." in body and "how many bookings the link allows" in body
    assert not PrivateLink.objects.exists()


def test_every_state_is_said_in_words(service: Service, client: Client) -> None:
    now = timezone.now()
    new(service, label="Works")
    new(service, label="Old", expires_at=now - timedelta(seconds=1))
    private_links.revoke(link=new(service, label="Back"), now=now, actor=acting.SYSTEM)
    booked(new(service, label="Spent", max_uses=1))
    said = {row.split()[0]: row for row in rows(client.get(console(service)).content.decode())}
    assert "Active" in said["Works"] and "Expired" in said["Old"] and "Withdrawn" in said["Back"]
    assert "Used up" in said["Spent"] and "1 of 1 booking" in said["Spent"]
    assert "booked by Ana Pérez" in said["Spent"] and "not opened yet" in said["Works"]
    for state, label in (("active", "Works"), ("expired", "Old"), ("revoked", "Back"), ("used", "Spent")):
        found = rows(client.get(console(service), {"state": state}).content.decode())
        assert [row.split()[0] for row in found] == [label]


def test_a_dead_link_cannot_be_copied(service: Service, client: Client) -> None:
    link = new(service)
    client.post(at("link_revoke", link))
    for address in (console(service), at("link", link)):
        assert link.url not in client.get(address).content.decode()


def test_the_links_of_all_types_are_found_by_who_booked(service: Service, client: Client) -> None:
    other = service.page.services.exclude(pk=service.pk).first()
    Service.objects.filter(pk=other.pk).update(is_public=False)
    booked(new(service, label="First"), name="Zoë Quill")
    new(other, label="Second", email="second@example.net")
    everything = rows(client.get(reverse("staff:links")).content.decode())
    assert [row.split()[0] for row in everything] == ["Second", "First"] and other.title in everything[0]
    for words, label in (("quill", "First"), ("SECOND@", "Second"), (service.title, "First")):
        found = rows(client.get(reverse("staff:links"), {"q": words}).content.decode())
        assert [row.split()[0] for row in found] == [label]


def test_extending_never_shortens(service: Service, client: Client) -> None:
    now = timezone.now()
    old, long = new(service, expires_at=now - timedelta(days=3)), new(service, expires_at=now + timedelta(days=300))
    for link in (old, long):
        client.post(at("link_extend", link))
    until = long.expires_at
    old.refresh_from_db()
    long.refresh_from_db()
    assert abs(old.expires_at - now - timedelta(days=90)) < timedelta(minutes=1) and long.expires_at == until


def test_a_renewed_link_has_another_address_and_the_same_rules(service: Service, client: Client) -> None:
    link = new(service, label="Team", max_uses=3)
    before = link.token
    client.post(at("link_revoke", link))
    client.post(at("link_renew", link))
    link.refresh_from_db()
    assert (link.label, link.max_uses, link.revoked_at) == ("Team", 3, None)
    visitor = Client()
    assert visitor.get(f"/bookwithme/link/{before}").status_code == 404
    assert visitor.get(f"/bookwithme/link/{link.token}").status_code == 200


@pytest.mark.row("S4.14", "S4.31")
def test_a_cancelled_booking_reopens_its_link_only_when_the_owner_says_so(service: Service, client: Client) -> None:
    link = new(service, max_uses=1)
    booking = booked(link)
    refused = client.post(at("link_reopen", link), follow=True, HTTP_REFERER="http://testserver/staff/links/")
    assert "still stands" in refused.content.decode()
    cancellation.cancel(booking=booking, now=timezone.now(), actor=acting.SYSTEM)
    assert Client().get(f"/bookwithme/link/{link.token}").status_code == 410
    client.post(at("link_reopen", link))
    assert Client().get(f"/bookwithme/link/{link.token}").status_code == 200
    client.post(at("link_reopen", link))
    link.refresh_from_db()
    assert link.uses == 0
    booked(link)
    with pytest.raises(private_links.LinkUsed):
        booked(link)


def test_label_expiry_and_number_are_changed(service: Service, client: Client) -> None:
    link = new(service, label="Old", max_uses=1, expires_at=timezone.now() + timedelta(days=10, seconds=7))
    day = link.expires_at.astimezone(factories.NOW.tzinfo)
    form = client.get(at("link", link)).context["form"].initial
    kept = {"label": "New", "email": "", "uses": "times", "max_uses": "4", "expires": form["expires"]}
    client.post(at("link", link), kept | {"expires_on": form["expires_on"].isoformat()})
    link.refresh_from_db()
    assert (link.label, link.max_uses, link.expires_at) == ("New", 4, day)
    answer = client.post(at("link", link), kept | {"expires_on": "2020-01-01"})
    assert "Choose a day to come." in answer.content.decode()
    changed = AuditEvent.objects.get(action="link.changed")
    assert (changed.before["label"], changed.after["label"]) == ("Old", "New")


def test_a_change_does_not_take_back_a_use_that_was_made_meanwhile(service: Service) -> None:
    link = new(service, max_uses=2)
    held = PrivateLink.objects.select_related("tenant").get(pk=link.pk)
    booked(link)
    link_keeping.change(link=held, label="Ana", now=timezone.now(), actor=acting.SYSTEM)
    link.refresh_from_db()
    assert (link.uses, link.label) == (1, "Ana")


def test_names_are_pasted_and_come_back_as_links_in_a_table(service: Service, client: Client) -> None:
    people = "Ana Pérez\nBen Ode, ben@example.net\n<cy@example.net> Cy\n\n=HYPERLINK(1)\tdee@example.net"
    batch = reverse("staff:link_batch", args=[service.page_id, service.pk])
    answer = client.post(batch, {"people": people, "expires": "in90", "mailed": "on"}, follow=True)
    assert len(rows(answer.content.decode())) == 4
    links = {link.label: link for link in PrivateLink.objects.all()}
    assert {label: link.email for label, link in links.items()} == {
        "Ana Pérez": "", "Ben Ode": "ben@example.net", "Cy": "cy@example.net", "=HYPERLINK(1)": "dee@example.net",
    }  # fmt: skip
    assert {link.max_uses for link in links.values()} == {1} and len({link.token for link in links.values()}) == 4
    assert Job.objects.filter(kind="mail.privateLink").count() == 3
    file = client.get(reverse("staff:service_links_file", args=[service.page_id, service.pk]))
    assert file["Content-Type"].startswith("text/csv") and "attachment" in file["Content-Disposition"]
    table = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert {row["Link"] for row in table} == {link.url for link in links.values()}
    assert "'=HYPERLINK(1)" in {row["Who is it for?"] for row in table}


@pytest.mark.parametrize(
    ("people", "said"),
    [("Ana, ana@nowhere", "no valid mail address"), ("x" * 121, "no name"), ("Ana\n" * 201, "at most 200"), ("", "")],
)
def test_a_batch_is_made_whole_or_not_at_all(service: Service, client: Client, people: str, said: str) -> None:
    batch = reverse("staff:link_batch", args=[service.page_id, service.pk])
    body = client.post(batch, {"people": f"Good\n{people}" if said else ""}).content.decode()
    assert said in body and not PrivateLink.objects.exists()


def test_a_link_is_sent_to_its_address_with_what_it_opens(service: Service, client: Client) -> None:
    link = new(service, label="Difficult customer", email="ana@example.net", max_uses=1)
    client.post(at("link_send", link))
    outbox.run([str(Job.objects.get(kind="mail.privateLink").pk)])
    mail = Message.objects.get()
    assert mail.to == "ana@example.net" and link.url in mail.text and service.title in mail.text
    assert "Difficult" not in mail.text + mail.subject + mail.to_name  # the label is for its owner's eyes
    assert "sent" in rows(client.get(console(service)).content.decode())[0]


@pytest.mark.parametrize(
    ("rules", "said"), [({}, "mail address"), ({"max_uses": 1, "email": "a@example.net"}, "opens")]
)
def test_what_cannot_be_sent_says_why(service: Service, client: Client, rules: dict, said: str) -> None:
    link = new(service, **rules)
    PrivateLink.objects.filter(pk=link.pk).update(uses=1)
    refused = client.post(at("link_send", link), follow=True, HTTP_REFERER="http://testserver/staff/links/")
    assert said in refused.content.decode() and not Job.objects.filter(kind="mail.privateLink").exists()


def test_a_long_list_costs_as_many_questions_as_a_short_one(
    service: Service, client: Client, django_assert_max_num_queries
) -> None:
    for number in range(12):
        booked(new(service, label=f"L{number}"))
    with django_assert_max_num_queries(16):
        client.get(console(service))
    with django_assert_max_num_queries(16):
        client.get(reverse("staff:links"))


@pytest.mark.parametrize("name", ["link", "link_revoke", "link_extend", "link_renew", "link_reopen", "link_send",
                                  "link_share"])  # fmt: skip
def test_nobody_else_finds_a_link(service: Service, sign_in, contoso: Tenant, name: str) -> None:
    link = new(service, label="Secret label", email="ana@example.net")
    with scopes_disabled():
        foreign = factories.member(factories.stranger(), Role.OWNER).user
    colleague = factories.member(contoso, Role.ADMINISTRATOR).user
    for user in (foreign, colleague):
        other = Client()
        other.force_login(user)
        for answer in (other.get(at(name, link)), other.post(at(name, link))):
            assert answer.status_code in (404, 405) and "Secret label" not in answer.content.decode()
        assert "Secret label" not in other.get(reverse("staff:links")).content.decode()
        assert link.token not in other.get(reverse("staff:links_file")).content.decode()
    link.refresh_from_db()
    assert link.revoked_at is None


def test_a_list_since_the_beginning_of_time_is_the_whole_list(service: Service, client: Client) -> None:
    new(service)
    for name in ("staff:links", "staff:links_file"):
        assert client.get(reverse(name), {"since": "0001-01-01"}).status_code == 200
