"""Nobody of another organisation gets anything, wherever they knock."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.cache import cache
from django.test import TestCase
from django.urls import reverse
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from config.demonstration import seed
from config.demonstration.people import CONTOSO
from tenants import acting
from tenants.models import ApiClient, Tenant, TenantModel, User
from tenants.services import api_clients
from tests.isolation.addresses import PLAYTHINGS, TOKENS, filled, is_public
from tests.isolation.furnished import furnished

MARKERS = [
    *(person.name for person in CONTOSO), *(person.address for person in CONTOSO), "Contoso Clinic",
    "Tech Support Desk", "Candidate interview", "Vaccination", "Second opinion", "eva.lang@example.net",
]  # fmt: skip
#: What answers of a door that stays shut look like.
SHUT = {301, 302, 400, 401, 403, 404, 405, 406, 410, 415, 422, 429}


@pytest.mark.row("S0.8")
class EveryAddress(TestCase):
    """Contoso's ids at every address, tried by nobody, by Fabrikam's people, and by Fabrikam's program."""

    @classmethod
    def setUpTestData(cls) -> None:
        now = timezone.now()
        seed.run(now)
        cls.contoso = Tenant.objects.get(name="Contoso")
        cls.fabrikam = Tenant.objects.get(name="Fabrikam")
        with scope(tenant=cls.contoso):
            cls.values = furnished(cls.contoso, now)
        with scope(tenant=cls.fabrikam):
            made = api_clients.create(
                tenant=cls.fabrikam, name="Program", scopes=list(api_clients.SCOPES), now=now, actor=acting.SYSTEM
            )
        cls.key = made[1]

    def setUp(self) -> None:
        cache.clear()
        self.people = {
            email: User.objects.get(email=email) for email in ("grace.hill@fabrikam.com", "oscar.wright@fabrikam.com")
        }

    def test_every_page_and_every_call(self) -> None:
        before = fingerprint(self.contoso)
        wrong = [
            problem
            for path, with_id in filled(self.values)
            if not path.startswith(PLAYTHINGS)
            for who in (None, *self.people.values(), "program")
            for method in ("get", "post")
            for problem in self.problems(who, method, path, with_id)
        ]
        assert not wrong, "\n".join(wrong)
        assert fingerprint(self.contoso) == before

    def test_every_page_of_the_admin(self) -> None:
        before = fingerprint(self.contoso)
        wrong = [
            problem
            for path, with_id in self.admin_addresses()
            for who in (None, *self.people.values())
            for method in ("get", "post")
            for problem in self.problems(who, method, path, with_id)
        ]
        assert not wrong, "\n".join(wrong)
        assert fingerprint(self.contoso) == before

    def test_the_same_addresses_open_for_those_whose_they_are(self) -> None:
        """The control: the walk above knocks at doors that exist."""
        self.client.force_login(User.objects.get(email="olivia.keller@contoso.com"))
        inside = [path for path, with_id in filled(self.values) if with_id and path.startswith("/staff/pages/")]
        opened = [path for path in inside if self.client.get(path).status_code == 200]
        assert len(opened) >= 8, opened
        admin_pages = [path for path, with_id in self.admin_addresses() if with_id and path.endswith("/change/")]
        assert all(self.client.get(path).status_code == 200 for path in admin_pages)

    def test_nobody_works_in_an_organisation_that_is_not_theirs(self) -> None:
        self.client.force_login(self.people["grace.hill@fabrikam.com"])
        assert self.client.post(reverse("staff:switch"), {"tenant": str(self.contoso.pk)}).status_code == 404
        assert "Fabrikam" in self.client.get(reverse("staff:dashboard")).content.decode()

    def admin_addresses(self):
        """Lists, forms, histories, deletions and the autocompletion of every model, with a row of Contoso's."""
        for model, model_admin in admin.site._registry.items():
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
            yield reverse(f"{name}_changelist"), False
            yield reverse(f"{name}_add"), False
            yield f"{reverse(f'{name}_changelist')}?q=contoso", False
            row = a_row_of(self.contoso, model)
            if row is not None:
                for view in ("change", "history", "delete"):
                    yield reverse(f"{name}_{view}", args=[row.pk]), True
            for field in model_admin.autocomplete_fields:
                yield autocompletion(model, field), False
        yield reverse("admin:index"), False
        yield reverse("admin:app_list", args=["tenants"]), False

    def problems(self, who: Any, method: str, path: str, with_id: bool) -> list[str]:
        """What is wrong with the answer this one gets here."""
        self.client.logout()
        headers = {}
        if who == "program":
            headers = {"HTTP_AUTHORIZATION": f"Bearer {self.key}"}
        elif who is not None:
            self.client.force_login(who)
        data = {"post": "yes"} if method == "post" else {}
        answer = getattr(self.client, method)(path, data, **headers)
        said = f"{method.upper()} {path} by {who}: {answer.status_code}"
        if is_public(path):
            return [said] if answer.status_code == 500 else []
        body = b"" if answer.streaming else answer.content
        told = [marker for marker in MARKERS if marker in body.decode(errors="replace")]
        problems = [f"{said} tells {', '.join(told)}"] if told else []
        may_open = not with_id or path.startswith(TOKENS)
        if answer.status_code >= 500 or not (may_open or answer.status_code in SHUT):
            problems.append(f"{said} opens")
        return problems


def a_row_of(tenant: Tenant, model: Any) -> Any:
    """Some row of this model that is the organisation's."""
    with scopes_disabled():
        if issubclass(model, TenantModel):
            return model.objects.filter(tenant=tenant).first()
        if model is Tenant:
            return tenant
        if model is User:
            return User.objects.get(email=CONTOSO[0].address)
    return None


def autocompletion(model: Any, field: str) -> str:
    """The address that a form's field asks while somebody types."""
    question = f"app_label={model._meta.app_label}&model_name={model._meta.model_name}&field_name={field}&term=o"
    return f"{reverse('admin:autocomplete')}?{question}"


def fingerprint(tenant: Tenant) -> dict[str, Any]:
    """Every row of the organisation, to see that nothing was changed."""
    with scopes_disabled():
        return {
            model._meta.label: sorted(map(str, model.objects.filter(tenant=tenant).values_list()))
            for model in apps.get_models()
            if issubclass(model, TenantModel) and model not in (ApiClient,)
        } | {"users": sorted(map(str, User.objects.values_list("email", "name", "password", "is_active")))}
