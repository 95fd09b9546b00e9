"""What a service asks beyond name and address: questions of every kind, guests, consent, and all of it by address."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from django.test import Client
from django_scopes import scope

from bookings.models import Booking, Question
from bookings.services.intake import Details
from tenants.models import Tenant
from tests.factories import NOW, ServiceFactory, at, book, clinic, personal_page, stranger
from tests.pages.reading import alternatives, details, form, links, text
from tests.visitor.asking import SLOT, asks, path_of

Kind = Question.Kind


def test_answers_of_every_kind_are_kept_with_the_booking_as_they_were_asked(contoso: Tenant, visitor: Client) -> None:
    _page, service, _members = clinic(contoso)
    line = asks(service, "Insurance number", required=True)
    several_lines = asks(service, "History", kind=Kind.LONG_TEXT, position=1)
    one = asks(service, "Which knee?", kind=Kind.CHOICE, options=["Left", "Right"], required=True, position=2)
    more = asks(service, "Languages", kind=Kind.SEVERAL, options=["English", "German", "French"], position=3)
    address = f"{path_of(service)}?{SLOT}"
    shown = text(visitor.get(address))
    assert shown.index("Insurance number") < shown.index("Which knee?") < shown.index("Languages (optional)")
    sent = details(visitor, address) | {line: " 756.1 ", several_lines: "One\r\nTwo", one: "Right"}
    answer = visitor.post(address, {**sent, more: ["English", "French"]})
    assert answer.status_code == 303
    kept = [(row["label"], row["answer"]) for row in Booking.objects.get().answers]
    assert kept == [
        ("Insurance number", "756.1"), ("History", "One\r\nTwo"), ("Which knee?", "Right"),
        ("Languages", "English, French"),
    ]  # fmt: skip
    said = text(visitor.get(answer["Location"]))
    assert "Which knee? Right" in said
    assert "Languages English, French" in said


@pytest.mark.parametrize(
    ("given", "sentence"), [("", "Please answer this question."), ("Both", "Please choose from what is offered.")]
)
def test_a_needed_answer_that_is_missing_or_made_up_is_refused_beside_its_question(
    contoso: Tenant, visitor: Client, given: str, sentence: str
) -> None:
    _page, service, _members = clinic(contoso)
    one = asks(service, "Which knee?", kind=Kind.CHOICE, options=["Left", "Right"], required=True)
    address = f"{path_of(service)}?{SLOT}"
    sent = details(visitor, address, notes="Bring papers")
    answer = visitor.post(address, sent | {one: given})
    assert answer.status_code == 422
    assert sentence in text(answer)
    assert "Bring papers" in answer.content.decode()
    assert not Booking.objects.exists()


def test_a_question_of_another_service_is_not_asked(contoso: Tenant, visitor: Client) -> None:
    page, service, _members = clinic(contoso)
    other = ServiceFactory(page=page, title="Massage")
    asks(other, "Oil or no oil?", required=True)
    archived = asks(service, "Old question", required=True)
    Question.objects.filter(pk=archived.removeprefix("q_")).update(archived_at=NOW)
    address = f"{path_of(service)}?{SLOT}"
    assert "Oil or no oil?" not in text(visitor.get(address))
    assert visitor.post(address, details(visitor, address)).status_code == 303


def test_a_required_choice_has_radio_buttons_and_one_that_may_stay_empty_a_list(
    contoso: Tenant, visitor: Client
) -> None:
    _page, service, _members = clinic(contoso)
    needed = asks(service, "Which knee?", kind=Kind.CHOICE, options=["Left", "Right"], required=True)
    free = asks(service, "Which day suits best?", kind=Kind.CHOICE, options=["Mon", "Tue"])
    body = visitor.get(f"{path_of(service)}?{SLOT}").content.decode()
    assert body.count(f'type="radio" name="{needed}"') == 2
    assert f'<select name="{free}"' in body


def test_consent_is_asked_stored_with_its_text_and_its_instant(contoso: Tenant, visitor: Client) -> None:
    page, service, _owner = personal_page(contoso)
    page.consent_text = "My data may be kept for a year, see https://contoso.com/privacy & more."
    page.save()
    address = f"{path_of(service)}?{SLOT}"
    asked = visitor.get(address).content.decode()
    assert '<a href="https://contoso.com/privacy"' in asked
    refused = visitor.post(address, details(visitor, address))
    assert refused.status_code == 422
    assert "Please agree before you book." in text(refused)
    assert visitor.post(address, details(visitor, address, consent="on")).status_code == 303
    booking = Booking.objects.get()
    assert (booking.consent_text, booking.consented_at) == (page.consent_text, NOW)


def test_nobody_agrees_by_an_address(contoso: Tenant, visitor: Client) -> None:
    page, service, _owner = personal_page(contoso)
    page.consent_text = "My data may be kept for a year."
    page.save()
    body = visitor.get(f"{path_of(service)}?{SLOT}&consent=on").content.decode()
    assert 'name="consent"' in body
    assert "checked" not in body


def test_consent_text_cannot_become_markup(contoso: Tenant, visitor: Client) -> None:
    page, service, _owner = personal_page(contoso)
    page.consent_text = "<script>alert(1)</script> & <b>bold</b>"
    page.save()
    body = visitor.get(f"{path_of(service)}?{SLOT}").content.decode()
    assert "<script>alert" not in body
    assert "&lt;b&gt;bold" in body


def test_guests_are_named_by_address_and_only_where_they_may_come(contoso: Tenant, visitor: Client) -> None:
    _page, service, _members = clinic(contoso, guests_allowed=True)
    address = f"{path_of(service)}?{SLOT}"
    wrong = visitor.post(address, details(visitor, address, guests="ben@example.net, carla"))
    assert wrong.status_code == 422
    assert "one for each guest" in text(wrong)
    sent = details(visitor, address, guests="ben@example.net, carla@example.net")
    assert "ben@example.net" in text(visitor.get(visitor.post(address, sent)["Location"]))
    assert Booking.objects.get().guests == ["ben@example.net", "carla@example.net"]
    _page, alone, _members = clinic(contoso)
    assert 'name="guests"' not in visitor.get(f"{path_of(alone)}?{SLOT}").content.decode()


def test_what_the_address_brings_is_filled_in_after_every_step_before(contoso: Tenant, visitor: Client) -> None:
    _page, service, _members = clinic(contoso, guests_allowed=True)
    knee = asks(service, "Which knee?", kind=Kind.CHOICE, options=["Left", "Right"], required=True)
    more = asks(service, "Languages", kind=Kind.SEVERAL, options=["English", "German"])
    brought = (
        f"name=Ana+P%C3%A9rez&email=ana@example.net&phone=123&notes=Hello&guests=ben@example.net&ref=newsletter-7"
        f"&{knee}=Right&{more}=English&{more}=German"
    )
    picker = visitor.get(f"{path_of(service)}?{brought}")
    day = visitor.get(links(picker, "day")[1])
    chosen = links(day, "time")[2]
    page = visitor.get(chosen)
    sent = form(page)
    body = page.content.decode()
    assert (sent["name"], sent["email"], sent["phone"]) == ("Ana Pérez", "ana@example.net", "123")
    assert (sent["guests"], "Hello</textarea>" in body) == ("ben@example.net", True)
    assert body.count("checked") == 3
    keys = {name: sent[name] for name in ("request_key", "time", "tz", "name", "email")}
    assert visitor.post(chosen, {**keys, knee: "Right"}).status_code == 303
    assert Booking.objects.get().campaign == "newsletter-7"


def test_what_the_address_brings_survives_another_zone_without_script(contoso: Tenant, visitor: Client) -> None:
    _page, service, _members = clinic(contoso)
    body = visitor.get(f"{path_of(service)}?ref=spring&name=Ana").content.decode()
    zones = body[body.index('class="preferences"') :]
    assert '<input type="hidden" name="ref" value="spring">' in zones
    assert '<input type="hidden" name="name" value="Ana">' in zones


def test_an_address_cannot_make_the_page_heavy_or_anything_but_text(contoso: Tenant, visitor: Client) -> None:
    _page, service, _members = clinic(contoso)
    address = f"{path_of(service)}?notes={'x' * 50_000}&name={quote('<script>x</script>')}&q_{'y' * 900}=1&email=%00"
    answer = visitor.get(address)
    assert "xxxx" not in "".join(links(answer, "day") + links(answer, "time"))
    assert "<script>x" not in answer.content.decode()
    assert visitor.get(f"{address}&{SLOT}").status_code == 200


def test_nothing_that_was_typed_is_lost_when_the_time_is_taken(contoso: Tenant, visitor: Client) -> None:
    page, service, _members = clinic(contoso, guests_allowed=True)
    page.consent_text = "I agree to this."
    page.save()
    knee = asks(service, "Which knee?", kind=Kind.CHOICE, options=["Left", "Right"], required=True)
    address = f"{path_of(service)}?{SLOT}"
    sent = details(visitor, address, consent="on", guests="ben@example.net") | {knee: "Right"}
    theirs = Details(answers={knee.removeprefix("q_"): "Left"}, consented=True)
    book(page, service, at("2026-11-24 09:00"), details=theirs)
    answer = visitor.post(address, sent)
    assert answer.status_code == 409
    body = answer.content.decode()
    assert body.count("checked") == 2
    assert "ben@example.net" in body
    again = sent | {"instead": alternatives(answer)[0]}
    assert visitor.post(address, again).status_code == 303


def test_a_strangers_question_is_not_accepted(contoso: Tenant, visitor: Client) -> None:
    fabrikam = stranger()
    with scope(tenant=fabrikam):
        _page, theirs, _members = clinic(fabrikam)
        foreign = asks(theirs, "Their question")
    _page, service, _members = clinic(contoso)
    address = f"{path_of(service)}?{SLOT}"
    visitor.post(address, details(visitor, address) | {foreign: "x"})
    assert Booking.objects.get().answers == []
