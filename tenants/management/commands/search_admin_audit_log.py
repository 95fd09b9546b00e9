"""`manage.py search_admin_audit_log`: who ran which cmdlet, and when (S0.16, S0.17)."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandParser

from tenants.management.rows import Row, TenantCommand
from tenants.models import AuditEvent, Tenant
from tenants.scheduling import utc_days
from tenants.services import audit

COLUMNS = ("RunDate", "Caller", "CmdletName", "ObjectModified", "CmdletParameters")


class Command(TenantCommand):
    """Prints every match, the newest first; dates are UTC."""

    help = "Searches the admin audit log of an organisation, as Search-AdminAuditLog does."
    formats = ("table", "csv", "json")

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--cmdlets", nargs="+", action="extend", metavar="CMDLET", help="in any letter case")
        parser.add_argument("--start-date", type=_first, metavar="DATE", help="UTC; YYYY-MM-DD or an ISO 8601 time")
        parser.add_argument("--end-date", type=_last, metavar="DATE", help="UTC; a date includes its whole day")

    def run(self, tenant: Tenant, options: dict[str, Any]) -> None:
        names = [name for given in options["cmdlets"] or [] for name in given.split(",") if name]
        events = audit.search(cmdlets=names, starts_at=options["start_date"], ends_at=options["end_date"])
        rows = [_row(event) for event in events.exclude(cmdlet="")]
        self.print_rows(COLUMNS, rows, options["format"])


def _row(event: AuditEvent) -> Row:
    return {
        "RunDate": event.at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        # The person behind the act, also where a program carried it out.
        "Caller": event.after.get("createdBy") or event.actor,
        "CmdletName": event.cmdlet,
        "ObjectModified": event.target,
        "CmdletParameters": event.after,
    }


def _first(text: str) -> datetime:
    return _read(utc_days.first, text)


def _last(text: str) -> datetime:
    return _read(utc_days.last, text)


def _read(reader: Callable[[str], datetime], text: str) -> datetime:
    try:
        return reader(text)
    except ValueError as wrong:
        raise argparse.ArgumentTypeError(f"{text} is no date; use YYYY-MM-DD") from wrong
