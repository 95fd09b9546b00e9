"""The admin site."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _


class DaybookAdminSite(admin.AdminSite):
    """Django's admin under Daybook's name."""

    site_header = site_title = "Daybook"
    index_title = _("Administration")
