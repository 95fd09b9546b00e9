"""What administrators paste from PowerShell, as it comes out of it."""

from __future__ import annotations

import pytest

from tenants import exchange_output
from tenants.exchange_output import Found, Unreadable
from tenants.exchange_policy import Exchange

ME = "MicrosoftOWSPersonalBookings"


def test_two_commands_for_the_organisation_in_one_paste() -> None:
    text = (
        "PS C:\\> Get-OrganizationConfig | Format-List EwsEnabled\r\n\r\n\r\nEwsEnabled : True\r\n\r\n\r\n\r\n"
        "EwsApplicationAccessPolicy : EnforceAllowList\r\n"
        f"EwsAllowList               : {{OWA/*, {ME}}}\r\nEwsBlockList               :\r\n\r\n"
    )
    (found,) = exchange_output.read(text)
    assert found.name == ""
    assert found.over(Exchange()) == Exchange(True, "EnforceAllowList", ("OWA/*", ME), ())


def test_what_is_not_mentioned_stays() -> None:
    (found,) = exchange_output.read("EwsEnabled :")
    assert found.over(Exchange(False, "EnforceBlockList", (), (ME,))) == Exchange(None, "EnforceBlockList", (), (ME,))


def test_a_long_list_is_wrapped_over_lines() -> None:
    text = f"EwsAllowList : {{One, Two,\n               {ME},\n               Three: 3}}\nEwsBlockList : {{}}"
    (found,) = exchange_output.read(text)
    assert found.values == {"allow_list": ("One", "Two", ME, "Three: 3"), "block_list": ()}


def test_a_block_for_each_mailbox() -> None:
    text = (
        "Identity   : Adam\nPrimarySmtpAddress : adam@contoso.com\nEwsEnabled : False\n\n"
        "PrimarySmtpAddress : eve@contoso.com\nEwsEnabled : $true\nEwsApplicationAccessPolicy : \n"
    )
    assert exchange_output.read(text) == [
        Found("adam@contoso.com", {"enabled": False}), Found("eve@contoso.com", {"enabled": True, "policy": ""}),
    ]  # fmt: skip


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_file_of_export_csv(delimiter: str) -> None:
    names = ["PrimarySmtpAddress", "EwsEnabled", "EwsApplicationAccessPolicy", "EwsAllowList", "EwsBlockList"]
    rows = [
        names,
        ["adam@contoso.com", "True", "EnforceBlockList", "", f"One|{ME}"],
        ["eve@contoso.com", "", "", "", ""],
    ]
    text = "#TYPE Selected\n" + "\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)
    adam, eve = exchange_output.read(text)
    assert adam.over(Exchange()) == Exchange(True, "EnforceBlockList", (), ("One", ME))
    assert (eve.name, eve.over(Exchange())) == ("eve@contoso.com", Exchange())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "There is no EwsEnabled"),
        ("Hello", "There is no EwsEnabled"),
        ('Name,EwsEnabled\n"Adam,True' + "A" * 140_000, "There is no EwsEnabled"),
        ("EwsEnabled : perhaps", "True, False or empty"),
        ("EwsApplicationAccessPolicy : AllowAll", "EnforceAllowList, EnforceBlockList or empty"),
        ("EwsAllowList : {a, b, c, d...}", "FormatEnumerationLimit"),
        ("EwsAllowList : {a, b, c, d…}", "FormatEnumerationLimit"),
        ("Name,EwsAllowList\nAdam,Microsoft.Exchange.Data.MultiValuedProperty`1[System.String]", "type of a list"),
    ],
)
def test_what_cannot_be_trusted_is_refused_with_the_way_out(text: str, told: str) -> None:
    with pytest.raises(Unreadable, match=told):
        exchange_output.read(text)
