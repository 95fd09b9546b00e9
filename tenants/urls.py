"""Addresses of pages about the organisation and its people."""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, URLResolver, path

from tenants.views import graph_webhooks, outbox

app_name = "tenants"
urlpatterns: list[URLPattern | URLResolver] = [
    path("webhooks/graph/<str:token>", graph_webhooks.notified, name="graph-webhook"),
    path("webhooks/graph/<str:token>/lifecycle", graph_webhooks.lifecycle, name="graph-lifecycle"),
]
if settings.EMAIL_URL.startswith("outbox:"):
    urlpatterns += [
        path("outbox/", outbox.message_list, name="outbox"),
        path("outbox/<uuid:pk>/", outbox.message_detail, name="outbox-message"),
        path("outbox/<uuid:pk>/html", outbox.message_html, name="outbox-html"),
        path("outbox/<uuid:pk>/invite.ics", outbox.message_calendar, name="outbox-calendar"),
        path("outbox/<uuid:pk>/source", outbox.message_source, name="outbox-source"),
    ]
