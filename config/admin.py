"""The admin site: one for the site's administrators and for those of each organisation, who see only their own."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import SimpleTemplateResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

#: Apps whose rows have no place here: permissions are roles, second factors and queue records are nobody's business,
#: and sign-in with Microsoft takes its values from the connection, never from a table with clear secrets.
_LEFT_OUT = frozenset({"auth", "mfa", "socialaccount", "django_q"})


class DaybookAdminSite(admin.AdminSite):
    """Django's admin behind Daybook's own sign-in, with its second factor and rate limits."""

    site_header = site_title = "Daybook"
    index_title = _("Administration")
    site_url = "/staff/"
    enable_nav_sidebar = False

    def has_permission(self, request: Any) -> bool:
        """Site administrators, and administrators of the organisation they work in."""
        membership = getattr(request, "membership", None)
        return request.user.is_active and bool(request.user.is_superuser or (membership and membership.administers))

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Leaves out what other packages bring along and nobody should edit."""
        models: list[Any] = [model_or_iterable] if isinstance(model_or_iterable, type) else list(model_or_iterable)
        wanted = [model for model in models if model._meta.app_label not in _LEFT_OUT]
        super().register(wanted, admin_class, **options)

    def each_context(self, request: Any) -> dict[str, Any]:
        """Tells every page which organisation it shows; None: all of them."""
        return super().each_context(request) | {"organisation": getattr(request, "tenant", None)}

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Shows times in the zone of whoever reads them."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def localised(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
            with timezone.override(getattr(request.user, "time_zone", None)):
                response = inner(request, *args, **kwargs)
                return response.render() if isinstance(response, SimpleTemplateResponse) else response

        return localised

    @method_decorator(never_cache)
    def login(self, request: Any, extra_context: Any = None) -> HttpResponse:
        """Hands over to the site's sign-in; whoever is signed in and has no business here finds nothing."""
        if not request.user.is_authenticated:
            return redirect_to_login(request.GET.get("next") or request.get_full_path().replace("login/", ""))
        if not self.has_permission(request):
            raise Http404
        return redirect("admin:index")

    def password_change(self, request: Any, extra_context: Any = None) -> Any:
        """The site's own page."""
        return redirect("account_change_password")

    def logout(self, request: Any, extra_context: Any = None) -> Any:
        """The site's own page asks, then signs out."""
        return redirect("account_logout")
