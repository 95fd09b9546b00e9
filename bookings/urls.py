"""Addresses of visitors' pages (CONTRACT, section 3)."""

from __future__ import annotations

from django.urls import path, re_path

from bookings.views import approve, home, manage, offer, public, waiting

#: 32 hexadecimal digits in any case, and a domain; `%40` arrives here as `@`.
_PERSONAL = r"^bookwithme/user/(?P<address>[0-9a-fA-F]{32}@[^/]+)"
_BUSINESS = r"^book/(?P<address>[^/@]+@[^/]+)"
_SERVICE = r"(?P<service_id>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"

urlpatterns = [
    path("", home.home, name="home"),
    re_path(rf"{_PERSONAL}/?$", public.personal, name="personal_page"),
    re_path(rf"{_PERSONAL}/meetingtype/{_SERVICE}$", public.meeting_type, name="meeting_type"),
    path("bookwithme/link/<str:token>", public.private_link, name="private_link"),
    path("bookwithme/link/<str:token>/opened", public.private_link_opened, name="private_link_opened"),
    re_path(rf"{_BUSINESS}/$", public.business, name="business_page"),
    re_path(rf"{_BUSINESS}/service/{_SERVICE}$", public.business_service, name="business_service"),
    path("approve/<str:token>", approve.decide, name="approve"),
    path("approve/<str:token>/opened", approve.opened, name="approve_opened"),
    path("manage/<str:token>", manage.see, name="manage"),
    path("manage/<str:token>/cancel", manage.cancel, name="manage_cancel"),
    path("manage/<str:token>/reschedule", manage.reschedule, name="manage_reschedule"),
    path("manage/<str:token>/calendar.ics", manage.calendar_file, name="manage_calendar"),
    path("offer/<str:token>", offer.offer, name="offer"),
    path("waiting/<str:token>", waiting.entry, name="waiting"),
]
