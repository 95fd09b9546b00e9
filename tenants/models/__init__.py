"""Who: organisations, people, mailboxes, and the ledgers every app relies on."""

from tenants.models.api_client import ApiClient, IdempotentAnswer
from tenants.models.audit import AuditEvent
from tenants.models.base import ForeignTenant, TenantModel
from tenants.models.claim import LONGEST_CLAIM, Claim, Claimable
from tenants.models.connection import Connection
from tenants.models.job import Job, WorkerHeartbeat
from tenants.models.mailbox import BOOKINGS_CAPABILITY, BusyPeriod, BusyRead, Mailbox
from tenants.models.message import Message
from tenants.models.policy import AccessPolicy
from tenants.models.subscription import Subscription
from tenants.models.tenant import Domain, Tenant
from tenants.models.user import ADMINISTRATORS, Membership, Role, User
from tenants.models.webhook import WebhookDelivery, WebhookEndpoint

__all__ = [
    "ADMINISTRATORS",
    "BOOKINGS_CAPABILITY",
    "LONGEST_CLAIM",
    "AccessPolicy",
    "ApiClient",
    "AuditEvent",
    "BusyPeriod",
    "BusyRead",
    "Claim",
    "Claimable",
    "Connection",
    "Domain",
    "ForeignTenant",
    "IdempotentAnswer",
    "Job",
    "Mailbox",
    "Membership",
    "Message",
    "Role",
    "Subscription",
    "Tenant",
    "TenantModel",
    "User",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WorkerHeartbeat",
]
