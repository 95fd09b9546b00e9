"""The page that plays Outlook: a person's week, events by plain forms, and the mails that Exchange sent."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from .. import attendant, calendar, identifiers, store, times, week, window
from ..errors import GraphError
from ..forms import CLOCK, EventForm, values_at, values_of
from ..models import DirectoryUser, Event, MailboxKind, SentInvitation

SHOWN_MAILS = 200
STEP = timedelta(minutes=30)


def _person(user: str) -> DirectoryUser:
    people = DirectoryUser.objects.with_mailbox().select_related("organisation")
    return get_object_or_404(people, pk=user)


def _key(event: Event) -> str:
    return identifiers.encode(identifiers.ItemId(event.mailbox_id, event.item, event.occurrence_on), immutable=True)


def _event(person: DirectoryUser, key: str) -> Event:
    try:
        return store.find(person, key)
    except GraphError as error:
        raise Http404(error.message) from None


def _week_address(person: DirectoryUser, day: date) -> str:
    return f"{reverse('sandbox:week', args=[person.pk])}?week={week.monday(day)}"


def _reads() -> int:
    """Every how many minutes the portal reads a calendar: the sweep comes by each minute."""
    return max(1, settings.SYNC_SWEEP_SECONDS // 60)


def people(request: HttpRequest) -> HttpResponse:
    """Everyone who has a calendar, by organisation."""
    found = DirectoryUser.objects.with_mailbox().select_related("organisation").order_by("organisation", "display_name")
    return render(request, "sandbox/people.html", {"people": found, "here": "people", "reads": _reads()})


def show_week(request: HttpRequest, user: str) -> HttpResponse:
    """One person's week."""
    person = _person(user)
    zone = times.zone(person.time_zone)
    today = timezone.now().astimezone(zone).date()
    try:
        first = week.monday(date.fromisoformat(request.GET.get("week", "")))
    except ValueError:
        first = week.monday(today)
    events = [(_key(event), event) for event in window.between(person, *week.bounds(first, zone))]
    shown = week.lay_out(first, zone, events, today)
    others = DirectoryUser.objects.with_mailbox().filter(organisation=person.organisation)
    context = {"person": person, "others": others, "week": shown, "this_week": week.monday(today), "here": "people",
               "reads": _reads()}  # fmt: skip
    return render(request, "sandbox/week.html", context)


@require_http_methods(["GET", "POST"])
def new_event(request: HttpRequest, user: str) -> HttpResponse:
    """A form for an event, and its creation."""
    person = _person(user)
    form = EventForm(request.POST or None, time_zone=person.time_zone, initial=values_at(_asked_start(request, person)))
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            store.begin(person)
            event = _tried(form, lambda: calendar.create(person, form.graph(_rooms()), timezone.now()))
            if event is not None:
                attendant.answer_for(event, timezone.now())
                return redirect(_week_address(person, form.cleaned_data["start"].date()))
    return render(request, "sandbox/form.html", {"person": person, "form": form, "here": "people"})


def _asked_start(request: HttpRequest, person: DirectoryUser) -> datetime:
    try:
        return datetime.strptime(request.GET.get("start", ""), CLOCK)
    except ValueError:
        now = timezone.now().astimezone(times.zone(person.time_zone)).replace(tzinfo=None)
        return datetime.combine(now.date(), time(now.hour)) + 2 * STEP


def _rooms() -> set[str]:
    return {room.address.lower() for room in DirectoryUser.objects.filter(mailbox=MailboxKind.ROOM)}


def _tried(form: EventForm, act: Any) -> Event | None:
    """What the calendar made of the form; None when it refused, its reason then stands in the form."""
    try:
        with transaction.atomic():
            return act()
    except GraphError as error:
        form.add_error(None, error.message)
        return None


@require_http_methods(["GET", "POST"])
def event_page(request: HttpRequest, user: str, key: str) -> HttpResponse:
    """An event's details, and the form that changes it."""
    person = _person(user)
    event = _event(person, key)
    form = EventForm(request.POST or None, time_zone=person.time_zone, initial=values_of(event, person.time_zone))
    del form.fields["weekly"]
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            store.begin(person)
            changed = _tried(form, lambda: calendar.update(event, form.graph(_rooms(), event), timezone.now()))
            if changed is not None:
                attendant.answer_for(changed, timezone.now())
                return redirect(_week_address(person, form.cleaned_data["start"].date()))
        event = _event(person, key)
    context = {
        "person": person,
        "event": event,
        "key": key,
        "form": form,
        "starts": values_of(event, person.time_zone)["start"],
        "ends": values_of(event, person.time_zone)["end"],
        "mails": SentInvitation.objects.filter(uid=event.uid).select_related("sender"),
        "here": "people",
    }
    return render(request, "sandbox/event.html", context)


@require_POST
def delete_event(request: HttpRequest, user: str, key: str) -> HttpResponse:
    """Delete an event; the organizer's deletion cancels the meeting."""
    person = _person(user)
    event = _event(person, key)
    with transaction.atomic():
        store.begin(person)
        calendar.delete(event, timezone.now())
    return redirect(_week_address(person, values_of(event, person.time_zone)["start"].date()))


@require_POST
def answer_event(request: HttpRequest, user: str, key: str) -> HttpResponse:
    """Accept, decline or tentatively accept an invitation."""
    person = _person(user)
    event = _event(person, key)
    action = request.POST.get("answer", "")
    if action not in calendar.ANSWERS or event.is_organizer:
        raise Http404("Nothing to answer.")
    with transaction.atomic():
        store.begin(person)
        calendar.respond(event, action, timezone.now())
    return redirect(_week_address(person, values_of(event, person.time_zone)["start"].date()))


def mails(request: HttpRequest) -> HttpResponse:
    """The mails that Exchange would have sent, newest first."""
    found = SentInvitation.objects.select_related("sender").order_by("-id")[:SHOWN_MAILS]
    return render(request, "sandbox/mails.html", {"mails": found, "here": "mails"})
