"""State of the sandbox. It plays Microsoft's side, so no model here belongs to an organisation of ours."""

from .directory import AppRegistration, AppSecret, DirectoryUser, MailboxKind, Organisation
from .events import Change, Event, ExtendedProperty, SentInvitation
from .subscriptions import Subscription
from .traffic import Fault, LoggedRequest

__all__ = [
    "AppRegistration",
    "AppSecret",
    "Change",
    "DirectoryUser",
    "Event",
    "ExtendedProperty",
    "Fault",
    "LoggedRequest",
    "MailboxKind",
    "Organisation",
    "SentInvitation",
    "Subscription",
]
