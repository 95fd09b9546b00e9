"""Who may have booking pages: the organisation's and each person's switches, and the policy that Exchange keeps."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models.base import TenantModel
from tenants.models.mailbox import Mailbox


class AccessPolicy(TenantModel):
    """What decides whether somebody may have booking pages: one row for the organisation, one for each exception.

    The switches are ours. The EWS values are Exchange's, as an administrator pasted them: of `Get-OrganizationConfig`
    in the organisation's row, of `Get-CASMailbox` in a person's. `tenants.entitlements` decides from them.
    """

    class Application(models.TextChoices):
        """Exchange's EwsApplicationAccessPolicy (S4.23-S4.25); empty: every application is allowed."""

        NONE = "", _("Empty: every application")
        ALLOW_LIST = "EnforceAllowList", "EnforceAllowList"
        BLOCK_LIST = "EnforceBlockList", "EnforceBlockList"

    #: None: the organisation's own row.
    mailbox = models.OneToOneField(
        Mailbox, null=True, blank=True, on_delete=models.CASCADE, related_name="access_policy", editable=False
    )
    #: None: as the organisation says (in the organisation's row: on).
    personal_bookings = models.BooleanField(_("personal booking page"), null=True, blank=True)
    shared_bookings = models.BooleanField(_("shared booking pages"), null=True, blank=True)
    #: EwsEnabled; None: empty, Exchange's default (S4.22).
    ews_enabled = models.BooleanField(_("EwsEnabled"), null=True, blank=True)
    ews_application_policy = models.CharField(
        _("EwsApplicationAccessPolicy"), max_length=20, blank=True, default=Application.NONE, choices=Application
    )
    ews_allow_list = models.JSONField(_("EwsAllowList"), default=list, blank=True)
    ews_block_list = models.JSONField(_("EwsBlockList"), default=list, blank=True)
    #: When the EWS values were last taken from Exchange; None: never, so Exchange's defaults are assumed.
    read_at = models.DateTimeField(_("taken from Exchange"), null=True, editable=False)
    #: When a switch was last changed: Microsoft's own side follows some time later (S4.21).
    changed_at = models.DateTimeField(_("changed"), null=True, editable=False)

    class Meta:
        verbose_name = _("access policy")
        verbose_name_plural = _("access policies")
        constraints = [
            models.UniqueConstraint("tenant", condition=models.Q(mailbox=None), name="one_policy_of_organisation")
        ]

    def __str__(self) -> str:
        return str(self.mailbox or _("The organisation"))
