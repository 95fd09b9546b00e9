"""Addresses of signing in that stand before allauth's own: Microsoft, and invitations."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from tenants.views import invitation, sign_in

app_name = "accounts"
urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", sign_in.PasswordView.as_view(), name="login"),
    path("microsoft/", sign_in.microsoft, name="microsoft"),
    path("oidc/<str:provider_id>/login/", sign_in.login, name="oidc_login"),
    path("oidc/<str:provider_id>/login/callback/", sign_in.callback, name="oidc_callback"),
    path("invitation/<str:token>/", invitation.accept, name="invitation"),
]
