"""The same key is the same wish."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django_scopes import scope

from tenants.errors import InvalidInput, NotFound
from tenants.models import ApiClient, IdempotentAnswer, Tenant
from tenants.services import idempotency
from tests.factories import stranger


def counting() -> tuple[list[int], Callable[[], tuple[int, Any]]]:
    """An effect that tells how often it happened."""
    calls: list[int] = []

    def act() -> tuple[int, Any]:
        calls.append(1)
        return 201, {"number": len(calls)}

    return calls, act


def ask(tenant: Tenant, act: Callable[[], tuple[int, Any]], **changes: str) -> tuple[int, Any]:
    question = {"caller": "clinic@contoso.com", "key": "k-1", "fingerprint": idempotency.fingerprint("POST", {"a": 1})}
    return idempotency.once(tenant=tenant, act=act, **(question | changes))


def test_the_second_request_gets_the_first_answer_and_does_nothing(contoso: Tenant) -> None:
    calls, act = counting()
    assert ask(contoso, act) == (201, {"number": 1}) == ask(contoso, act)
    assert len(calls) == 1


def test_the_key_of_another_request_is_refused(contoso: Tenant) -> None:
    calls, act = counting()
    ask(contoso, act)
    with pytest.raises(idempotency.KeyReused) as refusal:
        ask(contoso, act, fingerprint=idempotency.fingerprint("POST", {"a": 2}))
    assert (refusal.value.status, refusal.value.code, len(calls)) == (422, "idempotencyKeyReused", 1)


def test_a_failure_is_not_kept_and_takes_its_writes_with_it(contoso: Tenant) -> None:
    def fail() -> tuple[int, Any]:
        ApiClient.objects.create(tenant=contoso, name="left over", key_hash="0", key_hint="0")
        raise NotFound

    with pytest.raises(NotFound):
        ask(contoso, fail)
    assert not ApiClient.objects.exists() and not IdempotentAnswer.objects.exists()
    assert ask(contoso, counting()[1])[0] == 201


def test_keys_of_two_callers_and_of_two_organisations_never_meet(contoso: Tenant) -> None:
    calls, act = counting()
    ask(contoso, act)
    ask(contoso, act, caller="spa@contoso.com")
    fabrikam = stranger()
    with scope(tenant=fabrikam):
        ask(fabrikam, act)
    assert len(calls) == 3


def test_the_stored_answer_is_unreadable_at_rest(contoso: Tenant) -> None:
    ask(contoso, counting()[1])
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM tenants_idempotentanswer")
        assert "number" not in cursor.fetchone()[0]


@pytest.mark.parametrize("key", ["", "x" * 201, "a\nb", "a\x00b"])
def test_a_key_that_cannot_be_stored_is_refused(contoso: Tenant, key: str) -> None:
    with pytest.raises(InvalidInput):
        ask(contoso, counting()[1], key=key)
