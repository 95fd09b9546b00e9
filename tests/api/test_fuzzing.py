"""Whatever the description allows, and much that it does not: no answer is a fault of ours."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
import yaml
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error

from bookings.services import private_links
from config.wsgi import application
from tenants import acting
from tenants.models import Tenant
from tests.api.conftest import program
from tests.factories import NOW, MailboxFactory, at, book, clinic

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _connection_stays() -> Iterator[None]:
    """Requests run inside the test's transaction: their end must not close its connection."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def operations() -> list[Any]:
    """Everything the OpenAPI description names, called without a socket."""
    out = io.StringIO()
    call_command("spectacular", stdout=out)
    schema = schemathesis.openapi.from_dict(yaml.safe_load(out.getvalue()))
    schema.app = application
    return [found.ok() for found in schema.get_all_operations()]


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.label)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_no_call_ends_in_a_500(contoso: Tenant, operation: Any, mode: GenerationMode) -> None:
    page, service, _ = clinic(contoso)
    booking = book(page, service, at("2027-03-01 10:00"))
    link = private_links.create(service=service, now=NOW, actor=acting.SYSTEM)
    known = {"address": page.address, "service_id": service.pk, "booking_id": booking.pk, "link_id": link.pk}
    known |= {"upn": MailboxFactory(tenant=contoso).address}
    headers = program(contoso).headers
    parameters = {each.name: str(known[each.name]) for each in operation.path_parameters}

    @settings(max_examples=20, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode, path_parameters=parameters))
    def call(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=[not_a_server_error])

    call()
