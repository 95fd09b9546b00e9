"""What operators ask: alive, ready, and the numbers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.utils import timezone

from config import health
from tenants.models import Job, Tenant, WorkerHeartbeat


@pytest.fixture
def beating(db: None) -> WorkerHeartbeat:
    return WorkerHeartbeat.objects.create(host="one", at=timezone.now())


def test_alive_asks_no_database(client: Client) -> None:
    """pytest-django refuses a query here."""
    assert client.get("/healthz").json() == {"status": "ok"}


def test_ready_when_a_worker_beats(client: Client, beating: WorkerHeartbeat) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200, answer.json()
    assert set(answer.json()["checks"]) == {"database", "cache", "migrations", "worker", "outbox"}
    assert "no-store" in answer["Cache-Control"]


def test_not_ready_without_a_worker_and_says_what_to_do(client: Client, beating: WorkerHeartbeat) -> None:
    WorkerHeartbeat.objects.update(at=timezone.now() - 2 * health.LONGEST_SILENCE)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["status"] == "unavailable"
    assert "manage.py start" in answer.json()["checks"]["worker"]["remedy"]
    WorkerHeartbeat.objects.all().delete()
    assert client.get("/readyz").json()["checks"]["worker"]["detail"] == "no sign of life yet"


def test_not_ready_when_due_jobs_wait_too_long(client: Client, beating: WorkerHeartbeat) -> None:
    tenant = Tenant.objects.create(name="One")
    due_at = timezone.now() - health.LONGEST_OVERDUE - timedelta(seconds=60)
    job = Job(tenant=tenant, kind="mail", dedupe_key="1", due_at=due_at)
    Job.objects.bulk_create([job])
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert not answer.json()["checks"]["outbox"]["ok"]


def test_missing_migrations_are_said(client: Client, beating: WorkerHeartbeat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health.migrations, "count", lambda: 3)
    checks = client.get("/readyz").json()["checks"]
    assert checks["migrations"] == {"ok": False, "detail": "3 not applied", "remedy": "Run `manage.py migrate`."}
    assert "worker" not in checks


def test_migrations_are_counted_once_they_are_complete(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = health.Migrations()
    assert fresh.count() == 0
    monkeypatch.setattr(health, "MigrationExecutor", None)
    assert fresh.count() == 0


def test_a_database_that_is_gone_is_an_answer(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Any:
        raise DatabaseError

    monkeypatch.setattr(connection, "cursor", refuse)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert set(answer.json()["checks"]) == {"database", "cache"}


def test_a_cache_that_is_gone_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone:
        def set(self, *args: Any) -> None:
            raise ConnectionError

    monkeypatch.setattr(health, "cache", Gone())
    check = health.check_cache()
    assert (check.ok, check.detail) == (False, "ConnectionError")
    assert "REDIS_URL" in check.remedy


def test_numbers_are_for_allowed_addresses_only(client: Client, beating: WorkerHeartbeat, settings: Any) -> None:
    assert client.get("/metrics").status_code == 404
    settings.METRICS_ALLOWED = ["127.0.0.0/8"]
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.9").status_code == 404
    tenant = Tenant.objects.create(name="One")
    Job.objects.bulk_create([Job(tenant=tenant, kind="mail", dedupe_key="1", due_at=timezone.now())])
    text = client.get("/metrics").content.decode()
    assert 'daybook_outbox_jobs{kind="mail",state="pending"} 1.0' in text
    assert 'daybook_worker_silence_seconds{host="one"}' in text
    assert "daybook_organisations 1.0" in text
