"""The service everybody claims through: friendly refusals, holds that lapse, moves that are all or nothing."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tenants.models import Claim, Tenant
from tenants.services import claims
from tenants.services.claims import Taken, Wanted
from tests.factories import NOW, at

NINE, TEN, ELEVEN = at("2026-11-23 09:00"), at("2026-11-23 10:00"), at("2026-11-23 11:00")


def take(contoso: Tenant, *wanted: Wanted, owner: uuid.UUID | None = None, **changes: object) -> list[Claim]:
    """Locks and takes, as every caller does."""
    with claims.ledger():
        claims.lock(tenant=contoso, keys=[w.key for w in wanted])
        arguments = {"owner_id": owner or uuid.uuid4(), "now": NOW} | changes
        return claims.take(tenant=contoso, wanted=wanted, **arguments)


def test_what_is_taken_is_taken_once(contoso: Tenant) -> None:
    key = uuid.uuid4()
    take(contoso, Wanted(key, NINE, TEN))
    with pytest.raises(Taken, match="just been taken"):
        take(contoso, Wanted(key, NINE + timedelta(minutes=30), ELEVEN))
    take(contoso, Wanted(key, TEN, ELEVEN))


def test_two_things_are_taken_together_or_not_at_all(contoso: Tenant) -> None:
    first, second = uuid.uuid4(), uuid.uuid4()
    take(contoso, Wanted(second, NINE, TEN))
    with pytest.raises(Taken):
        take(contoso, Wanted(first, NINE, TEN), Wanted(second, NINE, TEN))
    assert not Claim.objects.filter(key_id=first).exists()


def test_a_hold_blocks_until_it_lapses_and_then_gives_way(contoso: Tenant) -> None:
    key = uuid.uuid4()
    take(contoso, Wanted(key, NINE, TEN), expires_at=NOW + timedelta(minutes=5))
    with pytest.raises(Taken):
        take(contoso, Wanted(key, NINE, TEN), now=NOW + timedelta(minutes=4, seconds=59))
    take(contoso, Wanted(key, NINE, TEN), now=NOW + timedelta(minutes=5))
    assert Claim.objects.filter(key_id=key).count() == 1


def test_a_move_to_a_taken_time_leaves_the_old_claim(contoso: Tenant) -> None:
    key, owner = uuid.uuid4(), uuid.uuid4()
    take(contoso, Wanted(key, NINE, TEN), owner=owner)
    take(contoso, Wanted(key, TEN, ELEVEN))
    with pytest.raises(Taken), claims.ledger():
        claims.move(tenant=contoso, owner_id=owner, wanted=[Wanted(key, TEN, ELEVEN)], now=NOW)
    assert Claim.objects.get(owner_id=owner).starts_at == NINE


def test_a_move_may_overlap_its_own_old_time(contoso: Tenant) -> None:
    key, owner = uuid.uuid4(), uuid.uuid4()
    take(contoso, Wanted(key, NINE, TEN), owner=owner)
    with claims.ledger():
        claims.move(tenant=contoso, owner_id=owner, wanted=[Wanted(key, NINE + timedelta(minutes=30), ELEVEN)], now=NOW)
    assert Claim.objects.get(owner_id=owner).starts_at == NINE + timedelta(minutes=30)


@pytest.mark.parametrize("end", [NINE, NINE - timedelta(hours=1), NINE + timedelta(days=32)])
def test_a_claim_of_no_or_too_much_time_is_a_mistake_of_the_caller(contoso: Tenant, end: object) -> None:
    with pytest.raises(ValueError, match="31 days"):
        take(contoso, Wanted(uuid.uuid4(), NINE, end))


def test_locking_asks_once_however_many_things(contoso: Tenant, django_assert_num_queries: object) -> None:
    keys = [uuid.uuid4() for _ in range(20)]
    for key in keys:
        claims.register(tenant=contoso, key=key)
    with transaction.atomic(), django_assert_num_queries(1) as asked:
        claims.lock(tenant=contoso, keys=keys)
    if connection.vendor == "postgresql":
        assert "FOR NO KEY UPDATE" in asked.captured_queries[0]["sql"]
    assert "ORDER BY 1 ASC" in asked.captured_queries[0]["sql"]


def test_keys_that_were_never_claimed_are_registered_before_any_is_locked(contoso: Tenant) -> None:
    known, unknown = (uuid.uuid4() for _ in range(2))
    claims.register(tenant=contoso, key=known)
    with CaptureQueriesContext(connection) as asked, transaction.atomic():
        claims.lock(tenant=contoso, keys=[known, unknown])
    kinds = [query["sql"].split()[0] for query in asked if "tenants_claimable" in query["sql"]]
    assert kinds == ["SELECT", "INSERT", "INSERT", "SELECT"]
    with CaptureQueriesContext(connection) as asked, transaction.atomic():
        claims.lock(tenant=contoso, keys=[unknown, known])
    assert len([query for query in asked if "tenants_claimable" in query["sql"]]) == 1


def test_nothing_to_lock_asks_nothing(contoso: Tenant, django_assert_num_queries: Any) -> None:
    with transaction.atomic(), django_assert_num_queries(0):
        claims.lock(tenant=contoso, keys=[])
