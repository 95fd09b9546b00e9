"""Addresses below `/api/v1/`. `<address>` is `<32 hex>@<domain>` or a scheduling mailbox's address."""

from __future__ import annotations

from django.urls import path

from bookings.api.v1 import bookings, links, pages, services, slots, users
from tenants.api import converters

__all__ = ["converters", "urlpatterns"]

_SERVICE = "pages/<str:address>/services/<identifier:service_id>"
urlpatterns = [
    path("pages", pages.PageList.as_view()),
    path("users", users.UserList.as_view()),
    path("users/<str:upn>/access", users.UserAccess.as_view()),
    path("pages/<str:address>/services", services.ServiceList.as_view()),
    path(_SERVICE, services.ServiceDetail.as_view()),
    path(f"{_SERVICE}/slots", slots.Slots.as_view()),
    path(f"{_SERVICE}/explain", slots.Explain.as_view()),
    path("pages/<str:address>/bookings", bookings.BookingList.as_view()),
    path("bookings/<identifier:booking_id>", bookings.BookingDetail.as_view()),
    path("pages/<str:address>/links", links.LinkList.as_view()),
    path("pages/<str:address>/links/<identifier:link_id>", links.LinkDetail.as_view()),
]
