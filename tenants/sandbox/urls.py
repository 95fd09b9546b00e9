"""Addresses of the sandbox: sign-in, Graph, control, and the page that plays Outlook."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path

from .views import apps, authorize, control, delta, events, fallback, mail, pages, signin, subscriptions, users

app_name = "sandbox"


def _both(route: str, view: events.gateway.View) -> list[URLPattern]:
    """The same thing under the user and under the user's primary calendar."""
    return [path(f"v1.0/users/<str:user>/{prefix}{route}", view) for prefix in ("", "calendar/")]


urlpatterns: list[URLPattern] = [
    path("login/<str:tenant>/v2.0/.well-known/openid-configuration", signin.discovery_view),
    path("login/<str:tenant>/oauth2/v2.0/token", signin.token_view),
    path("login/<str:tenant>/oauth2/v2.0/authorize", authorize.authorize, name="authorize"),
    path("login/<str:tenant>/adminconsent", apps.consent_view),
    path("v1.0/groups", mail.groups_view),
    path("v1.0/users", users.users_view),
    path("v1.0/users/<str:user>", users.user_view),
    path("v1.0/users/<str:user>/mailboxSettings", users.settings_view),
    path("v1.0/users/<str:user>/sendMail", mail.send_view),
    path("v1.0/users/<str:user>/calendar", users.calendar_view),
    path("v1.0/users/<str:user>/calendar/getSchedule", users.schedule_view),
    *_both("events", events.events_view),
    *_both("events/<str:event>", events.event_view),
    *_both("events/<str:event>/cancel", events.cancel_view),
    *_both("events/<str:event>/accept", events.accept_view),
    *_both("events/<str:event>/decline", events.decline_view),
    *_both("events/<str:event>/tentativelyAccept", events.tentative_view),
    *_both("events/<str:event>/instances", events.instances_view),
    *_both("calendarView", events.calendar_view_view),
    *_both("calendarView/delta", delta.delta_view),
    *_both("calendarView/delta()", delta.delta_view),
    re_path(r"^v1\.0/places/(?:microsoft\.)?graph\.room$", users.rooms_view),
    re_path(r"^v1\.0/places/(?P<place>[^/]+)/(?:microsoft\.)?graph\.room$", users.room_view),
    path("v1.0/subscriptions", subscriptions.subscriptions_view),
    path("v1.0/subscriptions/<str:subscription>", subscriptions.subscription_view),
    re_path(r"^v1\.0/(?P<rest>.*)$", fallback.unknown_view),
    path("control/faults", control.faults),
    path("control/reset", control.reset),
    path("control/lifecycle", control.lifecycle),
    path("control/requests", control.requests),
    path("control/invitations", control.invitations),
    path("", pages.people, name="people"),
    path("apps/", apps.index, name="apps"),
    path("apps/<int:application>/secrets/", apps.add_secret, name="add_secret"),
    path("apps/<int:application>/role/", apps.switch_role, name="switch_role"),
    path("apps/secrets/<int:secret>/expire/", apps.expire_secret, name="expire_secret"),
    path("mails/", pages.mails, name="mails"),
    path("people/<uuid:user>/", pages.show_week, name="week"),
    path("people/<uuid:user>/new/", pages.new_event, name="new"),
    path("people/<uuid:user>/events/<str:key>/", pages.event_page, name="event"),
    path("people/<uuid:user>/events/<str:key>/delete/", pages.delete_event, name="delete"),
    path("people/<uuid:user>/events/<str:key>/answer/", pages.answer_event, name="answer"),
]
