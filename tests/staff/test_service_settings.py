"""The form of a service: every rule in sections, questions, reminders, and copies that keep all of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from bookings.models import BookingPage, Question, Reminder, Service
from bookings.services import questions, services
from tenants import acting
from tenants.models import AuditEvent, Role, Tenant
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def business(contoso: Tenant, sign_in) -> BookingPage:
    sign_in(Role.SCHEDULER)
    return factories.clinic(contoso, staff=2)[0]


@pytest.fixture
def service(business: BookingPage) -> Service:
    return business.services.get()


def sent(client: Client, service: Service, **changes: Any) -> str:
    """The form as a browser sends it, with `changes`; the answer's text."""
    address = reverse("staff:service", args=[service.page_id, service.pk])
    form = client.get(address).context["form"]
    data = {}
    for field in form:
        value = field.value()
        if value is True:
            data[field.html_name] = "on"
        elif value is not None and value is not False:
            data[field.html_name] = value
    data = {name: value for name, value in (data | changes).items() if value is not None}
    return client.post(address, data, follow=True).content.decode()


def test_the_form_as_it_stands_changes_nothing(client: Client, service: Service) -> None:
    before = {field.name: getattr(service, field.name) for field in Service._meta.concrete_fields}
    assert "Saved." in sent(client, service)
    service.refresh_from_db()
    after = {field.name: getattr(service, field.name) for field in Service._meta.concrete_fields}
    assert before | {"updated_at": None} == after | {"updated_at": None}


def test_every_rule_is_set_in_the_form(client: Client, service: Service) -> None:
    sent(
        client, service, daily_limit="3", weekly_limit="10", monthly_limit="30", booker_limit="2", approval="host",
        answer_within="6", pending_holds=None, customers_may_move=None, change_cutoff="24", reason_required="on",
        guests_allowed="on", waiting_list="on", calendar_age_limit="45", colour="green", price_text="CHF 90", seats="",
    )  # fmt: skip
    service.refresh_from_db()
    assert (service.daily_limit, service.weekly_limit, service.monthly_limit, service.booker_limit) == (3, 10, 30, 2)
    assert (service.approval, service.answer_within, service.pending_holds) == ("host", timedelta(hours=6), False)
    assert (service.customers_may_move, service.customers_may_cancel, service.reason_required) == (False, True, True)
    assert (service.change_cutoff, service.calendar_age_limit) == (timedelta(days=1), timedelta(minutes=45))
    assert (service.guests_allowed, service.waiting_list, service.colour, service.seats) == (True, True, "green", 1)


def test_what_does_not_go_together_is_said_beside_its_field_in_an_open_section(
    client: Client, service: Service
) -> None:
    shown = sent(client, service, seats="8", staffing="all")
    assert "A shared time is given by one staff member." in shown
    assert shown.index('<details class="section section--fold" open') < shown.index("A shared time is given")
    service.refresh_from_db()
    assert service.seats == 1


def test_folds_are_closed_until_something_differs(client: Client, service: Service) -> None:
    address = reverse("staff:service", args=[service.page_id, service.pk])
    assert 'section--fold" open' not in client.get(address).content.decode()
    Service.objects.update(daily_limit=3)
    assert client.get(address).content.decode().count('section--fold" open') == 1


def test_a_personal_page_is_not_offered_what_needs_several_people(client: Client, sign_in) -> None:
    sign_in()
    client.post(reverse("staff:activate"))
    own = BookingPage.objects.get(kind="personal")
    form = client.get(reverse("staff:service", args=[own.pk, own.services.first().pk])).context["form"]
    assert not {"staff", "staffing", "seats", "guests_allowed", "staff_choice"} & set(form.fields)
    assert "assignment" not in dict(form.fields["approval"].choices)


def test_questions_are_written_ordered_and_asked_by_services(
    client: Client, business: BookingPage, service: Service
) -> None:
    index = reverse("staff:questions", args=[business.pk])
    client.post(index, {"label": "Insurance number", "kind": "text", "options": ""})
    client.post(index, {"label": "Which eye?", "kind": "choice", "options": "Left\r\n\r\nRight "})
    number, eye = questions.of_page(business)
    assert eye.options == ["Left", "Right"]
    client.post(reverse("staff:question_move", args=[business.pk, eye.pk]), {"to": "up"})
    assert questions.of_page(business) == [eye, number]
    sent(client, service, **{f"ask_{eye.pk}": "required", f"ask_{number.pk}": "asked"})
    assert questions.asked_by(service) == {eye: True, number: False}
    assert list(questions.asked_by(service)) == [eye, number]
    sent(client, service, **{f"ask_{number.pk}": ""})
    assert questions.asked_by(service) == {eye: True}
    client.post(reverse("staff:question_remove", args=[business.pk, eye.pk]))
    assert questions.asked_by(service) == {}
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"question.created", "question.moved", "question.deleted", "service.questionsChanged"} <= actions


def test_a_choice_needs_choices_and_a_text_has_none(client: Client, business: BookingPage) -> None:
    index = reverse("staff:questions", args=[business.pk])
    one = client.post(index, {"label": "Which eye?", "kind": "choice", "options": "Left"}).content.decode()
    assert "Give two to fifty different choices." in one
    text = client.post(index, {"label": "Why?", "kind": "text", "options": "a\nb"}).content.decode()
    assert "Only a question with choices has choices." in text
    assert not Question.objects.exists()


def test_a_question_of_another_page_cannot_be_asked_or_changed(
    client: Client, business: BookingPage, service: Service, contoso: Tenant
) -> None:
    other = factories.clinic(contoso)[0]
    theirs = questions.create(page=other, now=NOW, actor=acting.SYSTEM, label="Why?", kind="text")
    sent(client, service, **{f"ask_{theirs.pk}": "required"})
    assert questions.asked_by(service) == {}
    assert client.get(reverse("staff:question", args=[business.pk, theirs.pk])).status_code == 404
    assert client.post(reverse("staff:question_remove", args=[business.pk, theirs.pk])).status_code == 404


def test_reminders_are_added_changed_and_taken_away(client: Client, business: BookingPage, service: Service) -> None:
    index = reverse("staff:reminders", args=[business.pk, service.pk])
    day = {"number": "1", "unit": "days", "when": "before", "reader": "both", "text": "Bring your card."}
    assert "1 day before the start" in client.post(index, day, follow=True).content.decode()
    row = Reminder.objects.get()
    assert (row.distance, row.reader, row.text) == (timedelta(days=1), "both", "Bring your card.")
    one = reverse("staff:reminder", args=[business.pk, service.pk, row.pk])
    assert client.get(one).context["form"]["number"].value() == 1
    client.post(one, day | {"number": "90", "unit": "minutes", "when": "after"})
    row.refresh_from_db()
    assert (row.distance, row.when) == (timedelta(minutes=90), "after")
    client.post(reverse("staff:reminder_remove", args=[business.pk, service.pk, row.pk]))
    assert not Reminder.objects.exists()


def test_a_distance_without_sense_is_explained(client: Client, business: BookingPage, service: Service) -> None:
    index = reverse("staff:reminders", args=[business.pk, service.pk])
    far = {"number": "900", "unit": "days", "when": "before", "reader": "customer"}
    assert "Between five minutes and 60 days." in client.post(index, far).content.decode()


def test_a_copy_keeps_rules_people_questions_and_reminders(
    client: Client, business: BookingPage, service: Service
) -> None:
    question = questions.create(page=business, now=NOW, actor=acting.SYSTEM, label="Why?", kind="text")
    services.change(
        service=service, now=NOW, actor=acting.SYSTEM, asked={question: True}, daily_limit=4, change_cutoff=timedelta(1)
    )
    Reminder.objects.create(tenant=business.tenant, service=service, distance=timedelta(hours=3))
    client.post(reverse("staff:service_duplicate", args=[business.pk, service.pk]))
    copy = Service.objects.get(title="Consultation (copy)")
    assert (copy.daily_limit, copy.change_cutoff, copy.is_public) == (4, timedelta(1), False)
    assert questions.asked_by(copy) == {question: True}
    assert [row.distance for row in copy.reminders.all()] == [timedelta(hours=3)]
    assert set(copy.staff.all()) == set(service.staff.all())
