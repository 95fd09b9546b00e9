"""A production start is refused until it is safe, and says what to set."""

from __future__ import annotations

import base64
import socket
from typing import Any

import pytest
from django.core.management.base import CommandError

from config import checks
from config.management.commands import start

KEY = base64.urlsafe_b64encode(bytes(32)).decode()
SAFE: dict[str, Any] = {
    "DEBUG": False, "DEMO": False, "SANDBOX": False, "SECRET_KEY": "k" * 50, "FIELD_ENCRYPTION_KEYS": [KEY],
    "SITE_URL": "https://book.example.org", "ALLOWED_HOSTS": ["book.example.org"],
    "EMAIL_URL": "smtp://mail.example.org", "METRICS_ALLOWED": [],
}  # fmt: skip


@pytest.fixture
def production(settings: Any) -> Any:
    for name, value in SAFE.items():
        setattr(settings, name, value)
    return settings


def test_a_safe_site_has_nothing_to_say(production: Any) -> None:
    assert checks.production() == []
    start.refuse_unsafe()


@pytest.mark.parametrize(
    ("name", "value", "found", "said"),
    [
        ("SECRET_KEY", "insecure-key-for-development-and-tests-only-0123456789", "daybook.E001", "Set SECRET_KEY"),
        ("SECRET_KEY", "short", "daybook.E001", "Set SECRET_KEY"),
        ("FIELD_ENCRYPTION_KEYS", [], "daybook.E002", "Set FIELD_ENCRYPTION_KEYS"),
        ("FIELD_ENCRYPTION_KEYS", ["guess"], "daybook.E003", "32 random bytes"),
        ("SITE_URL", "http://book.example.org", "daybook.E004", "https://"),
        ("ALLOWED_HOSTS", ["*"], "daybook.E005", "Set ALLOWED_HOSTS"),
        ("ALLOWED_HOSTS", ["other.example.org"], "daybook.E006", "ALLOWED_HOSTS=book.example.org"),
        ("SANDBOX", True, "daybook.E009", "Remove SANDBOX"),
        ("EMAIL_URL", "", "daybook.E010", "Set EMAIL_URL"),
        ("EMAIL_URL", "outbox:", "daybook.E010", "Set EMAIL_URL"),
    ],
)
def test_what_is_unsafe_is_refused(production: Any, name: str, value: Any, found: str, said: str) -> None:
    setattr(production, name, value)
    assert [message.id for message in checks.production()] == [found]
    with pytest.raises(CommandError, match="not safe to run") as refusal:
        start.refuse_unsafe()
    assert said in str(refusal.value)


@pytest.mark.parametrize(("name", "found"), [("DEBUG", "daybook.E007"), ("DEMO", "daybook.E008")])
def test_the_demonstration_starts_but_is_no_production(production: Any, name: str, found: str) -> None:
    setattr(production, name, True)
    assert [message.id for message in checks.production()] == [found]
    start.refuse_unsafe()


def test_a_site_for_this_machine_alone_starts_with_a_warning(production: Any) -> None:
    production.SITE_URL, production.ALLOWED_HOSTS = "http://127.0.0.1:8000", ["127.0.0.1"]
    assert [message.id for message in checks.production()] == ["daybook.W001"]
    start.refuse_unsafe()


def test_new_keys_come_with_the_refusal_and_are_good_ones(production: Any) -> None:
    production.SECRET_KEY, production.FIELD_ENCRYPTION_KEYS = "short", []
    with pytest.raises(CommandError) as refusal:
        start.refuse_unsafe()
    lines = dict(line.strip().split("=", 1) for line in str(refusal.value).splitlines() if "=" in line)
    production.SECRET_KEY, production.FIELD_ENCRYPTION_KEYS = lines["SECRET_KEY"], [lines["FIELD_ENCRYPTION_KEYS"]]
    assert checks.production() == []


def test_a_taken_port_is_said_before_anything_starts() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(CommandError, match="is taken"):
            start.refuse_taken("127.0.0.1", taken.getsockname()[1])
    with pytest.raises(CommandError, match=r"Cannot listen on 203\.0\.113\.9"):
        start.refuse_taken("203.0.113.9", 8000)
