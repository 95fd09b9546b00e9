"""Empties the database after a test that committed: only tables that have rows, and nothing is announced.

Django's own flush truncates every table and sends `post_migrate` each time, which takes longer than many a test.
"""

from __future__ import annotations

from typing import Any

from django.db import connections, transaction

#: What migrations leave there and no test changes.
KEPT = frozenset({"auth_permission", "django_content_type", "django_migrations", "django_q_schedule"})


def empty(self: Any) -> None:
    """In place of `TransactionTestCase._fixture_teardown`. Foreign keys are checked when the deletion commits."""
    for alias in self._databases_names(include_mirrors=False):
        connection = connections[alias]
        names = sorted(set(connection.introspection.django_table_names(include_views=False)) - KEPT)
        with transaction.atomic(using=alias), connection.cursor() as cursor:
            for table in _filled(cursor, connection.ops.quote_name, names):
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")


def _filled(cursor: Any, quote: Any, names: list[str]) -> list[str]:
    """The tables that have rows, asked in one query."""
    asked = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {quote(name)})" for name in names)
    cursor.execute(asked)
    return [name for (name,) in cursor.fetchall()]
