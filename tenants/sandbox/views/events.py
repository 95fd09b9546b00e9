"""Events of a mailbox (Graph: user-post-events, user-list-events, event-get, -update, -delete, -cancel, -accept)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase

from .. import attendant, calendar, filters, gateway, identifiers, lists, store, times, window
from ..errors import GraphError
from ..gateway import Call
from ..models import Event
from ..representation import event_json, selected
from .users import READ_CALENDARS

WRITE = {"Calendars.ReadWrite"}
BY_UID = re.compile(r"^\s*iCalUId\s+eq\s+'([^']*)'\s*$", re.IGNORECASE)
BY_PROPERTY = re.compile(
    r"^\s*singleValueExtendedProperties/any\(\s*(\w+)\s*:\s*\1/id\s+eq\s+'([^']*)'\s+and\s+\1/value\s+eq\s+'([^']*)'\s*\)\s*$",
    re.IGNORECASE,
)
EXPANDED = re.compile(r"singleValueExtendedProperties\s*(?:\(\s*\$filter\s*=\s*(.*)\))?\s*$", re.IGNORECASE)
PROPERTY_ID = re.compile(r"id\s+eq\s+'([^']*)'", re.IGNORECASE)


def _present(call: Call, event: Event) -> dict[str, Any]:
    """The event with what $select and $expand ask for."""
    answer = event_json(event, call.preferences)
    select = call.query.get("$select") or ""
    if event.recurrence is not None and "cancelledoccurrences" in select.lower():
        answer["cancelledOccurrences"] = [f"OID.{answer['id']}.{day}" for day in event.cancelled_on]
    if event.recurrence is not None and "exceptionoccurrences" in (select + call.query.get("$expand", "")).lower():
        answer["exceptionOccurrences"] = [event_json(one, call.preferences) for one in event.exceptions.all()]
    answer = selected(answer, select)
    expand = EXPANDED.search(call.query.get("$expand", ""))
    if expand and event.pk:
        wanted = PROPERTY_ID.findall(expand.group(1) or "")
        found = [
            {"id": one.key, "value": one.value}
            for one in event.extended_properties.all()
            if not wanted or one.key in wanted
        ]
        if found:
            answer["singleValueExtendedProperties"] = found
    return answer


def list_events(call: Call) -> HttpResponseBase:
    """Single instances and masters of series, newest first as Outlook has them."""
    rows: Iterable[Event] = Event.objects.filter(mailbox=call.mailbox, master=None).order_by("-created_at", "-id")
    condition = call.query.get("$filter")
    if condition:
        rows = _filtered(call, rows, condition)
    order = call.query.get("$orderby", "").lower().split()
    if order and order[0] == "start/datetime":
        rows = sorted(rows, key=lambda event: event.start_at, reverse=order[-1] == "desc")
    return gateway.answer(call, lists.page(call, list(rows), lambda event: _present(call, event)))


def _filtered(call: Call, rows: Any, condition: str) -> Any:
    by_uid, by_property = BY_UID.match(condition), BY_PROPERTY.match(condition)
    if by_uid:
        uid, _ = identifiers.parse_ical_uid(by_uid.group(1)) or ("", None)
        return [row for row in rows.filter(uid=uid) if _matches_uid(row, by_uid.group(1))]
    if by_property:
        return rows.filter(
            extended_properties__key=by_property.group(2), extended_properties__value=by_property.group(3)
        )
    test = filters.compile_filter(condition)
    return [row for row in rows if test(event_json(row, call.preferences))]


def _matches_uid(row: Event, text: str) -> bool:
    return identifiers.ical_uid(row.uid, row.occurrence_on) == text.upper()


def create_event(call: Call) -> HttpResponseBase:
    """201 with the event before any room has answered."""
    with transaction.atomic():
        store.begin(call.mailbox)
        event = calendar.create(call.mailbox, call.body, call.now)
        answer = event_json(event, call.preferences)
        attendant.answer_for(event, call.now)
    return gateway.answer(call, answer, status=201)


def get_event(call: Call) -> HttpResponseBase:
    """One item, an occurrence too."""
    return gateway.answer(call, _present(call, store.find(call.mailbox, call.ids["event"])))


def change_event(call: Call) -> HttpResponseBase:
    """200 with the changed event."""
    with transaction.atomic():
        store.begin(call.mailbox)
        event = calendar.update(store.find(call.mailbox, call.ids["event"]), call.body, call.now)
        answer = event_json(event, call.preferences)
        attendant.answer_for(event, call.now)
    return gateway.answer(call, answer)


def delete_event(call: Call) -> HttpResponseBase:
    """Gone; If-Match, where it is sent, must name the current change key."""
    with transaction.atomic():
        store.begin(call.mailbox)
        event = store.find(call.mailbox, call.ids["event"])
        wanted = call.request.headers.get("If-Match", "*")
        if wanted not in ("*", f'W/"{event.change_key}"', f'"{event.change_key}"'):
            raise GraphError(
                412,
                "ErrorIrresolvableConflict",
                "The send or update operation could not be performed "
                "because the change key passed in the request does not match the current change key.",
            )
        calendar.delete(event, call.now)
    return HttpResponse(status=204)


def cancel_event(call: Call) -> HttpResponseBase:
    """202, by the organizer only."""
    with transaction.atomic():
        store.begin(call.mailbox)
        event = store.find(call.mailbox, call.ids["event"])
        calendar.cancel(event, _parameter(call, "comment") or "", call.now)
    return HttpResponse(status=202)


def _parameter(call: Call, name: str) -> Any:
    """A parameter of an action, whose name some clients capitalise."""
    return next((value for key, value in call.body.items() if key.lower() == name.lower()), None)


def _answer_as(action: str) -> Any:
    def answer(call: Call) -> HttpResponseBase:
        with transaction.atomic():
            store.begin(call.mailbox)
            event = store.find(call.mailbox, call.ids["event"])
            send = _parameter(call, "sendResponse")
            proposal = _parameter(call, "proposedNewTime")
            calendar.respond(event, action, call.now, send=send is not False, proposal=proposal)
        return HttpResponse(status=202)

    return gateway.endpoint(POST=(answer, WRITE))


def _window(call: Call) -> tuple[Any, Any]:
    query = {name.lower(): value for name, value in call.query.items()}
    starts_at = times.read_parameter(query.get("startdatetime") or query.get("start"), "startDateTime")
    ends_at = times.read_parameter(query.get("enddatetime") or query.get("end"), "endDateTime")
    if ends_at < starts_at:
        raise GraphError(400, "ErrorInvalidParameter", "The end of the window is before its start.")
    return starts_at, ends_at


def instances(call: Call) -> HttpResponseBase:
    """Occurrences and exceptions of one series."""
    master = store.find(call.mailbox, call.ids["event"])
    if master.recurrence is None:
        raise GraphError(400, "ErrorInvalidRequest", "Instances are of a series master only.")
    starts_at, ends_at = _window(call)
    exceptions = master.exceptions.overlapping(starts_at, ends_at).select_related("master")
    rows = sorted([*window.occurrences(master, starts_at, ends_at), *exceptions], key=lambda one: one.start_at)
    return gateway.answer(call, lists.page(call, rows, lambda event: _present(call, event)))


def view(call: Call) -> HttpResponseBase:
    """The calendar view: series expanded, by start unless told otherwise."""
    rows = window.between(call.mailbox, *_window(call))
    if call.query.get("$filter"):
        test = filters.compile_filter(call.query["$filter"])
        rows = [row for row in rows if test(event_json(row, call.preferences))]
    if call.query.get("$orderby", "").lower().endswith(" desc"):
        rows.reverse()
    return gateway.answer(call, lists.page(call, rows, lambda event: _present(call, event)))


events_view = gateway.endpoint(GET=(list_events, READ_CALENDARS), POST=(create_event, WRITE))
event_view = gateway.endpoint(
    GET=(get_event, READ_CALENDARS), PATCH=(change_event, WRITE), DELETE=(delete_event, WRITE)
)
cancel_view = gateway.endpoint(POST=(cancel_event, WRITE))
accept_view = _answer_as("accept")
decline_view = _answer_as("decline")
tentative_view = _answer_as("tentativelyAccept")
instances_view = gateway.endpoint(GET=(instances, READ_CALENDARS))
calendar_view_view = gateway.endpoint(GET=(view, READ_CALENDARS))
