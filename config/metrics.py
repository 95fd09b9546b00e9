"""/metrics: numbers for Prometheus, read from the database when asked, so they hold for any number of processes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, Model
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_scopes import scopes_disabled
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from bookings.models import Booking
from config import health
from config.logging import is_within
from tenants import acting
from tenants.models import Connection, Job, Tenant, WorkerHeartbeat


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The text for Prometheus; 404 for every address outside METRICS_ALLOWED (addresses or networks)."""
    if not is_within(acting.client_ip.get() or "", settings.METRICS_ALLOWED):
        raise Http404
    registry = CollectorRegistry()
    registry.register(DatabaseCollector(timezone.now()))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class DatabaseCollector(Collector):
    """Reads every number at one moment. No label names a person; organisations are counted, not named."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing in advance: the numbers are known when they are read."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Every family of numbers."""
        with scopes_disabled():
            families = [
                counts("daybook_outbox_jobs", "Jobs of the outbox", Job, "kind", "state"),
                counts("daybook_bookings", "Bookings", Booking, "status"),
                counts("daybook_connections", "Connections to Microsoft 365", Connection, "state"),
                gauge("daybook_organisations", "Organisations", Tenant.objects.count()),
                gauge("daybook_outbox_overdue_seconds", "Age of the oldest due job", self._overdue_seconds()),
                self._worker_silence(),
            ]
        yield from families

    def _overdue_seconds(self) -> float:
        return health.overdue(self.now).total_seconds()

    def _worker_silence(self) -> GaugeMetricFamily:
        family = GaugeMetricFamily("daybook_worker_silence_seconds", "Since a host's last beat", labels=["host"])
        for host, at in WorkerHeartbeat.objects.values_list("host", "at"):
            family.add_metric([host], (self.now - at).total_seconds())
        return family


def gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    """One number."""
    return GaugeMetricFamily(name, text, value=value)


def counts(name: str, text: str, model: type[Model], *fields: str) -> GaugeMetricFamily:
    """How many rows there are for each combination of values."""
    family = GaugeMetricFamily(name, text, labels=fields)
    rows: Any = model._default_manager.order_by().values_list(*fields).annotate(count=Count("pk"))
    for *values, count in rows:
        family.add_metric([str(value) for value in values], count)
    return family
