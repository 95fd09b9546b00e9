"""What Daybook may do in Microsoft 365: each permission, why, whether it is granted, and whether it may go."""

from __future__ import annotations

from django.http import HttpResponse

from bookings.views.organisation.desk import organisation_page, show
from bookings.views.organisation.overview import leading
from tenants.access import MemberRequest
from tenants.models import Connection
from tenants.services import permission_list


@organisation_page
def index(request: MemberRequest) -> HttpResponse:
    """The permissions of the connection in use, else of the one that is being set up."""
    connection = Connection.objects.order_by("-is_active").first()
    found = permission_list.of(request.tenant, connection)
    asked = [line for line in found.lines if line.permission.is_asked]
    context = {
        "connection": connection,
        "listing": found,
        "groups": [("asked", asked), ("other", [line for line in found.lines if line not in asked])],
        "connection_address": leading("organisation:connection"),
    }
    return show(request, "organisation/permissions.html", context, tab="permissions")
