"""`manage.py get_mailbox`: the mailboxes of an organisation, and who has full access (S0.8-S0.10)."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from bookings.services import mailboxes
from tenants.management.rows import TenantCommand
from tenants.models import Mailbox, Tenant

COLUMNS = ("DisplayName", "PrimarySmtpAddress", "RecipientTypeDetails", "ExchangeGuid")


class Command(TenantCommand):
    """Prints every mailbox, or with `--permissions` every user (`*@*`) with access to one."""

    help = "Lists the mailboxes of an organisation, as Get-Mailbox -ResultSize:Unlimited does."
    formats = ("table", "csv", "json")

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--recipient-type", choices=Mailbox.Kind.values, help="without it every kind")
        parser.add_argument("--permissions", action="store_true", help="who has full access")

    def run(self, tenant: Tenant, options: dict[str, Any]) -> None:
        found = mailboxes.listed(options["recipient_type"])
        if options["permissions"]:
            everybody = mailboxes.people(mailboxes.permissions(found))
            rows = [dict(zip(mailboxes.COLUMNS, (p.identity, p.user, p.rights), strict=True)) for p in everybody]
            self.print_rows(mailboxes.COLUMNS, rows, options["format"])
            return
        values = found.values_list("display_name", "address", "kind", "exchange_guid")
        rows = [dict(zip(COLUMNS, (*texts, str(guid)), strict=True)) for *texts, guid in values]
        self.print_rows(COLUMNS, rows, options["format"])
