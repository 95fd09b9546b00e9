"""Addresses of an organisation's own settings (CONTRACT, section 3)."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bookings.views.organisation import (
    audit,
    blocked,
    exchange,
    health,
    mailboxes,
    mails,
    overview,
    people,
    permissions,
    person,
    settings,
    usage,
    webhooks,
)

app_name = "organisation"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", overview.front, name="front"),
    path("health/", health.index, name="health"),
    path("health/parked/", health.parked_jobs, name="health_parked"),
    path("health/calendars/", health.calendars, name="health_calendars"),
    path("health/mend/", health.mend, name="health_mend"),
    path("health/jobs/<uuid:job_id>/retry/", health.retry, name="health_retry"),
    path("health/summary/", health.summary, name="health_summary"),
    path("permissions/", permissions.index, name="permissions"),
    path("settings/", settings.settings, name="settings"),
    path("mailboxes/", mailboxes.index, name="mailboxes"),
    path("mailboxes/<uuid:mailbox_id>/", mailboxes.detail, name="mailbox"),
    path("usage/", usage.index, name="usage"),
    path("audit/", audit.index, name="audit"),
    path("audit/<uuid:event_id>/", audit.event, name="audit_event"),
    path("people/", people.index, name="people"),
    path("people/import/", people.import_now, name="people_import"),
    path("people/progress/", people.progress, name="people_progress"),
    path("people/leavers/", people.leavers, name="people_leavers"),
    path("people/exchange/", exchange.index, name="people_exchange"),
    path("people/active/", people.active_users, name="active_users"),
    path("people/<uuid:person_id>/", person.detail, name="person"),
    path("mails/", mails.index, name="mails"),
    path("mails/<str:key>/<str:language>/", mails.edit, name="mail"),
    path("mails/<str:key>/<str:language>/preview/", mails.preview, name="mail_preview"),
    path("blocked/", blocked.index, name="blocked"),
    path("blocked/cancel/", blocked.cancel, name="blocked_cancel"),
    path("blocked/<uuid:sender_id>/remove/", blocked.remove, name="blocked_remove"),
    path("webhooks/", webhooks.index, name="webhooks"),
    path("webhooks/<uuid:endpoint_id>/", webhooks.detail, name="webhook"),
    path("webhooks/<uuid:endpoint_id>/switch/", webhooks.switch, name="webhook_switch"),
    path("webhooks/<uuid:endpoint_id>/test/", webhooks.test, name="webhook_test"),
    path("webhooks/<uuid:endpoint_id>/remove/", webhooks.remove, name="webhook_remove"),
    path("webhooks/<uuid:endpoint_id>/deliveries/<uuid:told_id>/replay/", webhooks.replay, name="webhook_replay"),
]
