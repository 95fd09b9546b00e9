"""Queries that are built once: Django writes the SQL the first time, later calls fill in the values.

To build and compile a query takes Django up to ten times as long as the database takes to answer it. Where a request
is only a handful of small queries, that is most of its time. Such queries are prepared:

    _CLAIMS = Prepared(lambda: Claim.objects.filter(tenant=of("tenant", UUIDField()), …).values_list("key_id", …))
    rows = _CLAIMS.rows(tenant=…, start=…)

A query says where a value goes with `of(name, field)`; one of them is `tenant`, the id of the organisation. Outside
that organisation's scope the query raises, as any other. A query whose shape varies (how many keys) is built once per
shape, by the positional arguments of the call.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Expression, Field, QuerySet
from django.db.models.query import get_related_populators
from django_scopes import get_scope, scopes_disabled
from django_scopes.exceptions import ScopeError


class of(Expression):
    """The place of the value `name`, which is stored as `field` stores it."""

    def __init__(self, name: str, field: Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]


class _Compiled:
    """The SQL of one query, and how its rows become values."""

    def __init__(self, queryset: QuerySet[Any]) -> None:
        compiler = queryset.query.get_compiler(using=DEFAULT_DB_ALIAS)
        self.sql, self.params = compiler.as_sql()
        self.select, self.klass_info = compiler.select, compiler.klass_info
        self.annotations = compiler.annotation_col_map or {}
        self.converters = compiler.get_converters([column[0] for column in compiler.select[: compiler.col_count]])

    def run(self, values: dict[str, Any]) -> list[list[Any]]:
        params = [
            param.output_field.get_db_prep_value(values[param.name], connection) if isinstance(param, of) else param
            for param in self.params
        ]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, params)
            rows = [list(row) for row in cursor.fetchall()]
        for position, (converters, expression) in self.converters.items():
            for row in rows:
                for converter in converters:
                    row[position] = converter(row[position], expression, connection)
        return rows

    def instances(self, rows: Iterable[list[Any]]) -> list[Any]:
        fields = self.klass_info["select_fields"]
        first, last = fields[0], fields[-1] + 1
        names = [column[0].target.attname for column in self.select[first:last]]
        populators = get_related_populators(self.klass_info, self.select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]
        found = []
        for row in rows:
            instance = self.klass_info["model"].from_db(DEFAULT_DB_ALIAS, names, row[first:last])
            for populator in populators:
                populator.populate(row, instance)
            for name, position in self.annotations.items():
                setattr(instance, name, row[position])
            found.append(instance)
        return found


class Prepared:
    """A query that is built once for each shape. `unscoped`: of every organisation, for the doors of `access`."""

    def __init__(self, build: Callable[..., QuerySet[Any]], *, unscoped: bool = False) -> None:
        self._build, self._unscoped = build, unscoped
        self._compiled: dict[Hashable, _Compiled] = {}

    def rows(self, *shape: Hashable, **values: Any) -> list[list[Any]]:
        """The rows of a `values_list` query."""
        return self._of(shape).run(self._scoped(values))

    def objects(self, *shape: Hashable, **values: Any) -> list[Any]:
        """The instances of a query of models, with what it selects along (`select_related`)."""
        compiled = self._of(shape)
        return compiled.instances(compiled.run(self._scoped(values)))

    def _of(self, shape: tuple[Hashable, ...]) -> _Compiled:
        key = (connection.vendor, shape)
        if key not in self._compiled:
            with scopes_disabled():
                self._compiled[key] = _Compiled(self._build(*shape))
        return self._compiled[key]

    def _scoped(self, values: dict[str, Any]) -> dict[str, Any]:
        """The values, unless they reach outside the active organisation."""
        state = get_scope()
        if not self._unscoped and state.get("_enabled", True):
            active = state.get("tenant")
            if active is None or active.pk != values["tenant"]:
                raise ScopeError("A prepared query runs outside its organisation's scope.")
        return values
