"""The first page after sign-in."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tenants.models import Job

pytestmark = pytest.mark.django_db


def test_a_member_has_their_own_calendar_read_at_once(sign_in, mailbox_of, client: Client) -> None:
    mailbox = mailbox_of(sign_in(syncs_calendar=True))
    address = reverse("staff:read_now")
    assert address in client.get(reverse("staff:dashboard")).content.decode()
    for _twice in range(2):
        answer = client.post(address, follow=True)
    assert "Your Outlook calendar is being read." in answer.content.decode()
    assert [job.payload for job in Job.objects.filter(kind="busy.pull")] == [{"mailbox": str(mailbox.pk)}]


def test_without_a_calendar_there_is_nothing_to_read(sign_in, client: Client) -> None:
    sign_in(syncs_calendar=False)
    assert reverse("staff:read_now") not in client.get(reverse("staff:dashboard")).content.decode()
    assert client.post(reverse("staff:read_now")).status_code == 404
    assert not Job.objects.filter(kind="busy.pull").exists()


def test_the_address_of_a_button_leads_on_when_it_is_opened(sign_in, client: Client) -> None:
    sign_in()
    answer = client.get(reverse("staff:read_now"))
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "Nothing was changed" in answer.content.decode() and 'href="/staff/"' in answer.content.decode()
