"""NoOverlap: two rows with the same key may not overlap in time, and the database says so.

| database   | how                                                                                     |
|------------|-----------------------------------------------------------------------------------------|
| PostgreSQL | `EXCLUDE USING gist (key WITH =, tstzrange(start, end) WITH &&) WHERE (condition)`       |
| SQLite     | triggers after INSERT and UPDATE that `RAISE(ABORT)`, looking ahead at most `longest`    |

On SQLite the triggers travel as `Statement`s in `schema_editor.deferred_sql`, which Django runs again whenever it
remakes the table; a trigger made with RunSQL would silently be lost at the next AlterField. Both raise an
IntegrityError that names the constraint. Times compare as text on SQLite, which is right while Django writes UTC
text of one format (DATABASES TIME_ZONE unset).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS
from django.db.backends.ddl_references import Statement, Table
from django.db.models import BaseConstraint, Func, Q

_TRIGGER = """CREATE TRIGGER "%(name)s_%(event)s" AFTER %(sql_event)s ON %(table)s WHEN NEW.{condition} BEGIN
SELECT RAISE(ABORT, '%(name)s: longer than {days} days')
WHERE NEW.{end} > strftime('%%Y-%%m-%%d %%H:%%M:%%f', NEW.{start}, '+{days} days');
SELECT RAISE(ABORT, '%(name)s') WHERE EXISTS (
SELECT 1 FROM %(table)s AS b WHERE b.{key} = NEW.{key} AND b.{condition} AND b.{pk} <> NEW.{pk}
AND b.{start} < NEW.{end} AND b.{end} > NEW.{start}
AND b.{end} < strftime('%%Y-%%m-%%d %%H:%%M:%%S', NEW.{end}, '+{days} days', '+1 day'));
END"""


class NoOverlap(BaseConstraint):
    """Half-open periods `[start, end)` of one `key` do not overlap while the boolean field `while_true` holds.

    `longest` bounds the length of a period: the triggers refuse a longer one, and look no further ahead than that,
    which keeps the cost of the check flat at any table size. (PostgreSQL's index needs no bound.) Index `(key, end)`.
    """

    def __init__(
        self, *, key: str, start: str, end: str, while_true: str, longest: timedelta, name: str, **kwargs: Any
    ) -> None:
        self.key, self.start, self.end = key, start, end
        self.while_true, self.longest = while_true, longest
        super().__init__(name=name, **kwargs)

    def deconstruct(self) -> tuple[str, Any, dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        kwargs |= {name: getattr(self, name) for name in ("key", "start", "end", "while_true", "longest")}
        return path, args, kwargs

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NoOverlap) and self.deconstruct() == other.deconstruct()

    __hash__ = BaseConstraint.__hash__

    def _exclusion(self) -> Any:
        # Imported here: the module needs psycopg, which only PostgreSQL does.
        from django.contrib.postgres.constraints import ExclusionConstraint
        from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators

        period = Func(self.start, self.end, function="tstzrange", output_field=DateTimeRangeField())
        return ExclusionConstraint(
            name=self.name,
            expressions=[(self.key, RangeOperators.EQUAL), (period, RangeOperators.OVERLAPS)],
            condition=Q(**{self.while_true: True}),
        )

    def _triggers(self, model: Any, schema_editor: Any) -> list[Statement]:
        columns = {
            "key": self.key, "start": self.start, "end": self.end, "condition": self.while_true, "pk": "pk",
        }  # fmt: skip
        quoted = {
            role: schema_editor.quote_name((model._meta.pk if name == "pk" else model._meta.get_field(name)).column)
            for role, name in columns.items()
        }
        template = _TRIGGER.format(**quoted, days=self.longest.days)
        table = model._meta.db_table
        return [
            Statement(
                template,
                table=Table(table, schema_editor.quote_name),
                name=self.name,
                event=event.lower(),
                sql_event=event,
            )
            for event in ("INSERT", "UPDATE")
        ]

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        if schema_editor.connection.vendor == "postgresql":
            return self._exclusion().constraint_sql(model, schema_editor)
        schema_editor.deferred_sql.extend(self._triggers(model, schema_editor))
        return None

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        if schema_editor.connection.vendor == "postgresql":
            return self._exclusion().create_sql(model, schema_editor)
        self._drop_triggers(schema_editor)
        schema_editor.deferred_sql.extend(self._triggers(model, schema_editor))
        return None

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        if schema_editor.connection.vendor == "postgresql":
            return self._exclusion().remove_sql(model, schema_editor)
        self._drop_triggers(schema_editor)
        return None

    def _drop_triggers(self, schema_editor: Any) -> None:
        for event in ("insert", "update"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {schema_editor.quote_name(f'{self.name}_{event}')}")

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: str = DEFAULT_DB_ALIAS) -> None:
        """Raises ValidationError when `instance` would overlap: what forms and `full_clean()` show."""
        if not getattr(instance, self.while_true):
            return
        rows = model._base_manager.using(using).filter(
            **{
                self.key: getattr(instance, model._meta.get_field(self.key).attname),
                self.while_true: True,
                f"{self.start}__lt": getattr(instance, self.end),
                f"{self.end}__gt": getattr(instance, self.start),
            }
        )
        if rows.exclude(pk=instance.pk).exists():
            raise ValidationError(self.get_violation_error_message(), code=self.violation_error_code)
