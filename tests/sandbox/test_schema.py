"""The sandbox's answers against Microsoft's own description of them, where that file is present."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from openapi_schema_validator import OAS30Validator

from .conftest import attendee, events_of
from .test_series import weekly

SCHEMA = Path(settings.BASE_DIR).parent / "shared" / "graph" / "graph-openapi-subset.yaml"
# What OData adds to entities, and a property that is answered only in lists of changes.
ANNOTATIONS = ("@odata.", "@removed")


class Description:
    """Microsoft's schemas: errors of a value, and property names that they do not know."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.components = document["components"]
        self.schemas = self.components["schemas"]

    def errors(self, value: Any, name: str) -> list[str]:
        validator = OAS30Validator({"$ref": f"#/components/schemas/{name}", "components": self.components})
        found = [f"{'/'.join(map(str, error.path))}: {error.message}" for error in validator.iter_errors(value)]
        known = self.properties(name)
        return found + [f"{key} is unknown" for key in value if key not in known and not key.startswith(ANNOTATIONS)]

    def properties(self, name: str) -> set[str]:
        schema = self.schemas[name]
        found: set[str] = set()
        for part in schema.get("allOf", [schema]):
            found |= self.properties(part["$ref"].rpartition("/")[2]) if "$ref" in part else set(part["properties"])
        return found


@pytest.fixture(scope="session")
def description() -> Description:
    if not SCHEMA.exists():
        pytest.skip(
            "Microsoft's description of Graph is not beside this repository, so nothing can be checked with it."
        )
    with SCHEMA.open(encoding="utf-8") as file:
        return Description(yaml.load(file, Loader=yaml.CSafeLoader))


EVENT = "microsoft.graph.event"
WINDOW = "startDateTime=2026-12-01T00:00:00Z&endDateTime=2027-01-01T00:00:00Z"


@pytest.fixture
def whole_event(event_body):
    return event_body(
        body={"contentType": "html", "content": "<p>Agenda</p>"},
        location={"displayName": "Meeting Room 1", "locationEmailAddress": "room1@contoso.example"},
        attendees=[attendee("room1@contoso.example", "resource"), attendee("guest@elsewhere.example")],
        isOnlineMeeting=True,
        transactionId="t-1",
        categories=["Portal"],
    )


def test_the_check_itself_finds_typos_and_wrong_values(description):
    assert description.errors({"subjekt": "x"}, EVENT) == ["subjekt is unknown"]
    assert description.errors({"showAs": "sleeping"}, EVENT)
    assert description.errors({"isAllDay": "yes"}, EVENT)


def test_events_are_microsofts(description, graph, sally, room, whole_event):
    created = graph.post(events_of(sally), whole_event).json()
    changed = graph.patch(events_of(sally, created["id"]), {"subject": "Other"}).json()
    read = graph.get(events_of(sally, created["id"])).json()
    copy = graph.get(events_of(room)).json()["value"][0]
    for event in (created, changed, read, copy):
        assert description.errors(event, EVENT) == []


def test_views_and_changes_are_microsofts(description, graph, sally, whole_event, event_body):
    graph.post(events_of(sally), whole_event)
    series = graph.post(events_of(sally), event_body(recurrence=weekly())).json()
    view, _ = graph.all_pages(f"/users/{sally.pk}/calendar/calendarView?{WINDOW}")
    graph.patch(events_of(sally, view[1]["id"]), {"subject": "Special"})
    changes, last = graph.all_pages(f"/users/{sally.pk}/calendarView/delta?{WINDOW}")
    graph.delete(events_of(sally, series["id"]))
    later, _ = graph.all_pages(last["@odata.deltaLink"])
    assert view and changes and later
    for event in [series, *view, *changes, *later]:
        assert description.errors(event, EVENT) == []


def test_people_calendars_and_rooms_are_microsofts(description, graph, sally, room, whole_event):
    select = "id,displayName,givenName,surname,mail,userPrincipalName,accountEnabled,userType,assignedPlans"
    for user in [*graph.get(f"/users?$select={select}").json()["value"], graph.get(f"/users/{sally.pk}").json()]:
        assert description.errors(user, "microsoft.graph.user") == []
    assert description.errors(graph.get(f"/users/{sally.pk}/calendar").json(), "microsoft.graph.calendar") == []
    settings = graph.get(f"/users/{sally.pk}/mailboxSettings").json()
    assert description.errors(settings, "microsoft.graph.mailboxSettings") == []
    for place in graph.get("/places/microsoft.graph.room").json()["value"]:
        assert description.errors(place, "microsoft.graph.room") == []
    graph.post(events_of(sally), whole_event)
    window = {
        name: {"dateTime": f"2026-12-01T{hour}:00:00", "timeZone": "UTC"}
        for name, hour in [("startTime", "07"), ("endTime", "17")]
    }
    schedules = graph.post(
        f"/users/{sally.pk}/calendar/getSchedule", {"schedules": [sally.mail, "x@y.example"], **window}
    )
    for schedule in schedules.json()["value"]:
        assert description.errors(schedule, "microsoft.graph.scheduleInformation") == []


def test_refusals_have_microsofts_shape(description, client, graph, application, sally):
    name = next(name for name in description.schemas if name.endswith("ODataErrors.ODataError"))
    for response in (graph.get(events_of(sally, "nonsense")), graph.get("/nothing"), client.get("/sandbox/v1.0/users")):
        assert response.status_code >= 400
        assert description.errors(response.json(), name) == []
    refused = client.post("/sandbox/login/contoso.example/oauth2/v2.0/token", {"grant_type": "client_credentials"})
    assert {"error", "error_description", "error_codes"} <= refused.json().keys()
