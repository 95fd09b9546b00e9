"""The database refuses an overlap, whoever writes it and whatever happens to the table."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, migrations, models, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django_scopes import scope

from tenants.models import Claim, Claimable, Tenant
from tests.factories import TenantFactory, at

NINE, TEN, ELEVEN = at("2026-11-23 09:00"), at("2026-11-23 10:00"), at("2026-11-23 11:00")
BEHIND_OUR_BACK = """INSERT INTO tenants_claim (id, tenant_id, key_id, starts_at, ends_at, active, owner_id)
VALUES (%s, %s, %s, %s, %s, %s, %s)"""


@pytest.fixture
def key(contoso: Tenant) -> uuid.UUID:
    """Something that can be claimed."""
    return Claimable.objects.create(tenant=contoso).pk


def claim(contoso: Tenant, key: uuid.UUID, start: Any, end: Any, **changes: Any) -> Claim:
    """A claim written past the service."""
    return Claim.objects.create(
        tenant=contoso, key_id=key, starts_at=start, ends_at=end, owner_id=uuid.uuid4(), **changes
    )


def written_in_sql(contoso: Tenant, key: uuid.UUID, start: Any, end: Any) -> None:
    """A claim written by somebody who knows neither Django nor us."""
    field = Claim._meta.get_field("id")
    ids = [field.get_db_prep_value(value, connection) for value in (uuid.uuid4(), contoso.pk, key, uuid.uuid4())]
    times = [connection.ops.adapt_datetimefield_value(value) for value in (start, end)]
    with connection.cursor() as cursor:
        cursor.execute(BEHIND_OUR_BACK, [ids[0], ids[1], ids[2], *times, True, ids[3]])


def refused(write: Any) -> bool:
    """Whether the database refused it, by the name of the constraint."""
    try:
        with transaction.atomic():
            write()
    except IntegrityError as error:
        assert "claim_no_overlap" in str(error)
        return True
    return False


@pytest.mark.row("S0.1")
@pytest.mark.parametrize(
    ("start", "end", "overlaps"),
    [
        (NINE, TEN, True),
        (NINE - timedelta(hours=1), ELEVEN, True),
        (NINE + timedelta(minutes=10), NINE + timedelta(minutes=20), True),
        (TEN - timedelta(microseconds=1), ELEVEN, True),
        (NINE - timedelta(days=20), NINE + timedelta(microseconds=1), True),
        (TEN, ELEVEN, False),
        (NINE - timedelta(hours=1), NINE, False),
    ],
)
def test_an_overlap_is_refused_and_a_neighbour_is_not(
    contoso: Tenant, key: uuid.UUID, start: Any, end: Any, overlaps: bool
) -> None:
    claim(contoso, key, NINE, TEN)
    assert refused(lambda: claim(contoso, key, start, end)) is overlaps
    assert Claim.objects.count() == (1 if overlaps else 2)


def test_another_thing_and_an_inactive_claim_may_overlap(contoso: Tenant, key: uuid.UUID) -> None:
    claim(contoso, key, NINE, TEN)
    other = Claimable.objects.create(tenant=contoso)
    claim(contoso, other.pk, NINE, TEN)
    sleeping = claim(contoso, key, NINE, TEN, active=False)
    sleeping.active = True
    assert refused(sleeping.save)


def test_an_update_into_an_overlap_and_a_bulk_with_one_inside_are_refused(contoso: Tenant, key: uuid.UUID) -> None:
    claim(contoso, key, NINE, TEN)
    later = claim(contoso, key, TEN, ELEVEN)
    assert refused(lambda: Claim.objects.filter(pk=later.pk).update(starts_at=NINE))
    rows = [
        Claim(tenant=contoso, key_id=key, starts_at=ELEVEN, ends_at=ELEVEN + timedelta(hours=1), owner_id=uuid.uuid4())
        for _ in range(2)
    ]
    assert refused(lambda: Claim.objects.bulk_create(rows))
    assert Claim.objects.count() == 2


@pytest.mark.row("S0.1")
def test_an_overlap_written_behind_the_services_back_is_refused(contoso: Tenant, key: uuid.UUID) -> None:
    written_in_sql(contoso, key, NINE, TEN)
    assert refused(lambda: written_in_sql(contoso, key, NINE, TEN))
    assert Claim.objects.count() == 1


def test_a_form_says_so_before_the_database_does(contoso: Tenant, key: uuid.UUID) -> None:
    claim(contoso, key, NINE, TEN)
    rival = Claim(tenant=contoso, key_id=key, starts_at=NINE, ends_at=TEN, owner_id=uuid.uuid4())
    with pytest.raises(ValidationError, match="claim_no_overlap"):
        rival.validate_constraints()


def migrate(*operations: Operation, back: bool = False) -> None:
    """Runs operations on the tables as a later migration would, or takes them back."""
    before = MigrationLoader(connection).project_state()
    for operation in operations:
        after = before.clone()
        operation.state_forwards("tenants", after)
        with connection.schema_editor() as editor:
            if back:
                operation.database_backwards("tenants", editor, after, before)
            else:
                operation.database_forwards("tenants", editor, before, after)
        before = after


@pytest.mark.django_db(transaction=True)
def test_it_still_holds_after_a_later_migration_has_remade_the_table(transactional_db: None) -> None:
    remake = migrations.AlterField("claim", "owner_id", models.UUIDField(db_index=False))
    migrate(remake)
    try:
        overlap_is_refused()
    finally:
        migrate(remake, back=True)
    overlap_is_refused()


@pytest.mark.django_db(transaction=True)
def test_it_can_be_taken_away_and_put_back(transactional_db: None) -> None:
    removal = migrations.RemoveConstraint("claim", "claim_no_overlap")
    migrate(removal)
    try:
        with pytest.raises(AssertionError):
            overlap_is_refused()
    finally:
        Claim._base_manager.all().delete()
        migrate(removal, back=True)
    overlap_is_refused()


def overlap_is_refused() -> None:
    """Asserts that the constraint stands."""
    tenant = TenantFactory(domain=f"{uuid.uuid4()}.example")
    with scope(tenant=tenant):
        key = Claimable.objects.create(tenant=tenant).pk
        written_in_sql(tenant, key, NINE, TEN)
        assert refused(lambda: written_in_sql(tenant, key, NINE, TEN))


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL's index needs no bound")
def test_a_claim_longer_than_the_bound_is_refused(contoso: Tenant, key: uuid.UUID) -> None:
    claim(contoso, key, NINE, NINE + timedelta(days=31))
    assert refused(lambda: claim(contoso, key, NINE + timedelta(days=40), NINE + timedelta(days=71, seconds=1)))
