"""Rounds of change tracking over a calendar view (Graph: event-delta)."""

from __future__ import annotations

from django.http.response import HttpResponseBase

from .. import delta, gateway, lists
from ..errors import GraphError
from ..gateway import Call
from .events import _window
from .users import READ_CALENDARS

REFUSED = ["$select", "$expand", "$filter", "$orderby", "$search"]
PARAMETERS = ["startDateTime", "endDateTime"]


def track(call: Call) -> HttpResponseBase:
    """A page of a round, with the link to the next page or to the next round."""
    refused = [name for name in REFUSED if name in call.query]
    if refused:
        names = ", ".join(refused)
        message = f"The following parameters are not supported with change tracking over 'CalendarView': '{names}'."
        raise GraphError(400, "ErrorInvalidUrlQuery", message)
    items, following = delta.page(call.mailbox, state := _state(call), call.preferences)
    name, token = (
        ("@odata.nextLink", {"$skiptoken": following.pack(call.mailbox)})
        if following
        else ("@odata.deltaLink", {"$deltatoken": state.pack(call.mailbox)})
    )
    bare = dict.fromkeys([*call.query, "$skiptoken", "$deltatoken"], "")
    return gateway.answer(call, {"value": items, name: lists.link(call, **{**bare, **token})})


def _state(call: Call) -> delta.State:
    skip, known = call.query.get("$skiptoken"), call.query.get("$deltatoken")
    try:
        if skip:
            return delta.unpack(call.mailbox, skip)
        if known:
            return delta.following(call.mailbox, delta.unpack(call.mailbox, known))
    except GraphError as error:
        error.headers["Location"] = lists.link(call, **{"$skiptoken": "", "$deltatoken": ""})
        raise
    return delta.first(call.mailbox, *_window(call))


delta_view = gateway.endpoint(GET=(track, READ_CALENDARS))
