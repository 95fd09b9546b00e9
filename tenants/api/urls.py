"""Addresses below `/api/v1/` that concern the organisation."""

from __future__ import annotations

from django.urls import path

from tenants.api.audit import Audit

urlpatterns = [path("audit", Audit.as_view())]
