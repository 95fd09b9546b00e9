"""Sign-in with Microsoft, as allauth's openid_connect does it, made stricter.

| what             | how                                                                                           |
|------------------|-----------------------------------------------------------------------------------------------|
| application      | from the organisation's active connection, in memory only                                     |
| addresses        | of the connection's cloud and directory; no discovery document is asked or believed           |
| state            | allauth's: random, in the session, for one provider, once, ten minutes                        |
| PKCE             | S256, always                                                                                  |
| nonce            | made from the PKCE verifier, which never leaves the session: no other attempt has the same    |
| id token         | `tenants.identity`; it comes straight from the token endpoint over TLS (OIDC Core 3.1.3.7, 6) |
| parameters       | none of the request's reach Microsoft, but the address that was typed                         |
| redirect address | under SITE_URL, whatever host the browser named                                               |
| who comes in     | `tenants.services.sign_ins`                                                                   |
"""

from __future__ import annotations

import hashlib
import logging
import re
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django_scopes import scope

from tenants import identity, sign_in
from tenants.errors import DomainError
from tenants.models import Connection, Tenant
from tenants.services import sign_ins

log = logging.getLogger(__name__)

SCOPES = ["openid", "profile"]
#: Microsoft's number of an error: all that the log keeps of what it said.
ERROR = re.compile(r"AADSTS\d+")


class ForeignToken(OAuth2Error):
    """Microsoft's answer is about another directory, application or attempt."""


def nonce_of(verifier: str) -> str:
    """The nonce that belongs to a PKCE verifier."""
    return hashlib.sha256(f"nonce:{verifier}".encode()).hexdigest()


class MicrosoftOAuth2Adapter(OpenIDConnectOAuth2Adapter):
    """One attempt to sign in through one organisation's connection."""

    def __init__(self, request: HttpRequest, provider_id: str) -> None:
        super().__init__(request, provider_id)
        self.nonce = ""

    def get_provider(self) -> Any:
        """The organisation's provider. Raises SocialApp.DoesNotExist while sign-in is not switched on."""
        provider = super().get_provider()
        if not provider.app.client_id:
            raise SocialApp.DoesNotExist
        return provider

    @property
    def openid_config(self) -> dict[str, Any]:
        config: dict[str, Any] = self.get_provider().app.settings["endpoints"]
        return config

    @property
    def basic_auth(self) -> bool:
        return False

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return str(app.settings["callback_url"])

    def get_access_token_data(
        self, request: HttpRequest, app: SocialApp, client: Any, pkce_code_verifier: str | None = None
    ) -> Any:
        """The token endpoint's answer, with the other secret where the one that ends last is not taken."""
        if not pkce_code_verifier:
            raise ForeignToken("This attempt did not begin here.")
        self.nonce = nonce_of(pkce_code_verifier)
        secrets = app.settings["secrets"]
        for number, client.consumer_secret in enumerate(secrets, start=1):
            try:
                return super().get_access_token_data(request, app, client, pkce_code_verifier=pkce_code_verifier)
            except OAuth2Error as refused:
                if number == len(secrets) or "invalid_client" not in str(refused):
                    raise
        raise OAuth2Error("There is no secret.")

    def complete_login(self, request: HttpRequest, app: SocialApp, token: Any, **kwargs: Any) -> Any:
        """The person of the id token. Raises ForeignToken."""
        encoded = kwargs["response"].get("id_token")
        if not isinstance(encoded, str):
            raise ForeignToken("No id token came.")
        try:
            claims = self._decode_id_token(app, encoded)
            person = identity.read(
                claims, issuer=self.openid_config["issuer"], directory_id=app.settings["directory_id"],
                client_id=app.client_id, nonce=self.nonce,
            )  # fmt: skip
        except (OAuth2Error, identity.NotBelieved) as problem:
            raise ForeignToken(str(problem)) from problem
        login = self.get_provider().sociallogin_from_response(
            request, {"oid": person.object_id, "preferred_username": person.principal_name, "name": person.name}
        )
        login.identity = person
        return login


class MicrosoftProvider(OpenIDConnectProvider):
    """One organisation's way to Microsoft."""

    oauth2_adapter_class = MicrosoftOAuth2Adapter

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        """Nothing that a link may carry changes what Microsoft is asked for."""
        kept = super().get_redirect_from_request_kwargs(request)
        process = AuthProcess.CONNECT if kept["process"] == AuthProcess.CONNECT else AuthProcess.LOGIN
        return {"process": process, "next_url": kept.get("next_url")}

    def get_pkce_params(self) -> dict[str, str]:
        params = super().get_pkce_params()
        return params | {"nonce": nonce_of(params["code_verifier"])}

    def get_default_scope(self) -> list[str]:
        return SCOPES

    def extract_uid(self, data: dict[str, str]) -> str:
        return data["oid"]

    def extract_common_fields(self, data: dict[str, str]) -> dict[str, str]:
        return {"name": data["name"]}

    def extract_email_addresses(self, data: dict[str, str]) -> list[Any]:
        return []

    def serialize(self) -> dict[str, Any]:
        """By its own name: several organisations may use one application id."""
        return {"id": self.app.provider_id}


class MicrosoftAccountAdapter(DefaultSocialAccountAdapter):
    """What allauth asks about accounts at Microsoft."""

    def list_apps(self, request: HttpRequest, provider: Any = None, client_id: Any = None) -> list[SocialApp]:
        """The application of one organisation by its provider's name, or that of the member who asks."""
        named = sign_in.tenant_named(provider) if provider else getattr(request, "tenant", None)
        if named is None:
            return []
        app = application(named)
        return [app] if provider or app.client_id else []

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> MicrosoftProvider:
        return MicrosoftProvider(request, app=self.get_app(request, provider=provider))

    def list_providers(self, request: HttpRequest) -> list[Any]:
        return [MicrosoftProvider(request, app=app) for app in self.list_apps(request)]

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Lets in whom the organisation knows; everybody else reads why not, on a plain page."""
        tenant = sign_in.tenant_named(sociallogin.account.provider)
        if tenant is None:
            raise ImmediateHttpResponse(refuse(request, sign_ins.SwitchedOff()))
        linked = sociallogin.user if sociallogin.is_existing else None
        act: dict[str, Any] = {"tenant": tenant, "person": sociallogin.identity, "now": timezone.now()}
        try:
            with scope(tenant=tenant):
                if sociallogin.state.get("process") == AuthProcess.CONNECT:
                    sign_ins.check_link(user=request.user, linked=linked, **act)
                    return
                sociallogin.user = sign_ins.admit(linked=linked, **act)
        except DomainError as refused:
            log.info("sign-in refused", extra={"reason": refused.code, "provider": sociallogin.account.provider})
            raise ImmediateHttpResponse(refuse(request, refused)) from refused

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        """Says in a sentence what went wrong; what Microsoft said goes to the log, not to the reader."""
        reason: DomainError = sign_ins.NotFinished()
        if isinstance(exception, ForeignToken):
            reason = sign_ins.ForeignDirectory()
        elif exception is not None:
            reason = sign_ins.MicrosoftRefused()
        elif error == AuthError.CANCELLED:
            reason = sign_ins.Cancelled()
        said = ERROR.search(str(exception or request.GET.get("error_description", "")))
        log.warning("sign-in failed", extra={"reason": reason.code, "microsoft": said[0] if said else ""})
        raise ImmediateHttpResponse(refuse(request, reason))


def application(tenant: Tenant) -> SocialApp:
    """The organisation's application, never saved; without a client id while sign-in is switched off."""
    app = SocialApp(
        provider="openid_connect", provider_id=sign_in.provider_id(tenant),
        name=(_("Microsoft account of %(organisation)s") % {"organisation": tenant.name})[:120],
    )  # fmt: skip
    connection = sign_in.connection_of(tenant)
    if connection is not None:
        app.client_id = connection.client_id
        app.settings = {
            "oauth_pkce_enabled": True,
            "directory_id": connection.directory_id.lower(),
            "endpoints": endpoints(connection),
            "callback_url": sign_in.callback_url(tenant),
            "secrets": [secret for secret, _ends_on in connection.secrets()],
        }
    return app


def endpoints(connection: Connection) -> dict[str, str]:
    """Where the directory signs in and who speaks for it (Entra: v2-protocols-oidc, authentication-national-cloud)."""
    cloud = sign_in.cloud_of(connection)
    directory = connection.directory_id.lower()
    return {
        "issuer": f"{cloud.authority}/{directory}/v2.0",
        "authorization_endpoint": f"{cloud.login}/{directory}/oauth2/v2.0/authorize",
        "token_endpoint": f"{cloud.login}/{directory}/oauth2/v2.0/token",
        "jwks_uri": f"{cloud.login}/{directory}/discovery/v2.0/keys",
    }


def refuse(request: HttpRequest, reason: DomainError) -> HttpResponse:
    """The plain page for somebody who does not come in."""
    return render(request, "account/refused.html", {"reason": reason}, status=reason.status)
