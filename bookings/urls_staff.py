"""Addresses of the staff area (CONTRACT, section 3)."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from bookings.views.staff import (
    absences,
    approvals,
    bookings,
    dashboard,
    fairness,
    hours,
    links,
    pages,
    people,
    questions,
    reminders,
    reports,
    types,
    visitor_view,
    waiting,
)

app_name = "staff"

_link = [
    path("", links.edit, name="link"),
    path("revoke/", links.revoke, name="link_revoke"),
    path("extend/", links.extend, name="link_extend"),
    path("renew/", links.renew, name="link_renew"),
    path("reopen/", links.reopen, name="link_reopen"),
    path("send/", links.send, name="link_send"),
]
_links = [
    path("", links.of_type, name="service_links"),
    path("batch/", links.batch, name="link_batch"),
    path("links.csv", links.file_of_type, name="service_links_file"),
    path("<uuid:link_id>/", include(_link)),
]
_type: list[URLPattern | URLResolver] = [
    path("", types.edit, name="service"),
    path("visibility/", types.visibility, name="service_visibility"),
    path("duplicate/", types.duplicate, name="service_duplicate"),
    path("delete/", types.delete, name="service_delete"),
    path("team/", types.team, name="service_team"),
    path("reminders/", reminders.index, name="reminders"),
    path("reminders/<uuid:reminder_id>/", reminders.edit, name="reminder"),
    path("reminders/<uuid:reminder_id>/remove/", reminders.remove, name="reminder_remove"),
    path("links/", include(_links)),
]
_page: list[URLPattern | URLResolver] = [
    path("", pages.page, name="page"),
    path("publish/", pages.publish, name="publish"),
    path("details/", pages.details, name="page_details"),
    path("hours/", hours.weekly, name="hours"),
    path("dates/", hours.date_add, name="date_add"),
    path("dates/<uuid:row_id>/remove/", hours.date_remove, name="date_remove"),
    path("time-off/", hours.time_off_add, name="time_off_add"),
    path("time-off/<uuid:row_id>/remove/", hours.time_off_remove, name="time_off_remove"),
    path("explain/", hours.explain, name="explain"),
    path("visitor/", visitor_view.visitor_view, name="visitor"),
    path("people/", people.index, name="people"),
    path("people/<uuid:member_id>/", people.edit, name="member"),
    path("people/<uuid:member_id>/remove/", people.remove, name="member_remove"),
    path("people/<uuid:member_id>/ask/", people.ask_again, name="member_ask"),
    path("people/<uuid:member_id>/away/", absences.index, name="absences"),
    path("people/<uuid:member_id>/away/dates/", absences.date_add, name="absence_date"),
    path("people/<uuid:member_id>/away/add/", absences.off_add, name="absence_add"),
    path("people/<uuid:member_id>/away/<uuid:row_id>/remove/", absences.remove, name="absence_remove"),
    path("waiting/", waiting.index, name="waiting"),
    path("waiting/<uuid:entry_id>/remove/", waiting.remove, name="waiting_remove"),
    path("fairness/", fairness.index, name="fairness"),
    path("questions/", questions.index, name="questions"),
    path("questions/<uuid:question_id>/", questions.edit, name="question"),
    path("questions/<uuid:question_id>/move/", questions.move, name="question_move"),
    path("questions/<uuid:question_id>/remove/", questions.remove, name="question_remove"),
    path("types/new/", types.new, name="service_new"),
    path("types/<uuid:service_id>/", include(_type)),
]
urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("organisation/", dashboard.switch, name="switch"),
    path("outlook/read/", dashboard.read_now, name="read_now"),
    path("page/", pages.own, name="own_page"),
    path("page/activate/", pages.activate, name="activate"),
    path("links/", links.index, name="links"),
    path("links/links.csv", links.file, name="links_file"),
    path("pages/", pages.index, name="pages"),
    path("pages/new/", pages.new, name="page_new"),
    path("pages/<uuid:page_id>/", include(_page)),
    path("approvals/", approvals.index, name="approvals"),
    path("approvals/<uuid:approval_id>/", approvals.detail, name="approval"),
    path("reports/", reports.index, name="reports"),
    path("reports/report.csv", reports.download, name="reports_file"),
    path("bookings/", bookings.index, name="bookings"),
    path("bookings/<uuid:booking_id>/", bookings.detail, name="booking"),
    path("bookings/<uuid:booking_id>/cancel/", bookings.cancel, name="booking_cancel"),
]
