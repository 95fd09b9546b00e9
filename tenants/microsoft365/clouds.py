"""Microsoft's clouds: where each signs in, where its Graph is, where an administrator registers an app (pure).

| cloud                | sign-in                            | Graph                                     |
|----------------------|------------------------------------|-------------------------------------------|
| worldwide, and GCC   | login.microsoftonline.com          | graph.microsoft.com                       |
| US Government (L4)   | login.microsoftonline.us           | graph.microsoft.us                        |
| US Defense (L5)      | login.microsoftonline.us           | dod-graph.microsoft.us                    |
| China (21Vianet)     | login.partner.microsoftonline.cn   | microsoftgraph.chinacloudapi.cn           |

A directory exists in one cloud only, and tokens of one are worth nothing in another (Graph: deployments; Entra:
authentication-national-cloud). Where the settings name other addresses than Microsoft's, such as the sandbox's, they
hold for every cloud.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Cloud:
    """Base addresses, without a slash at the end, as this site reaches them."""

    login: str
    graph: str
    #: Where an administrator registers an app.
    portal: str
    #: The host that tokens come from, and the permissions they are for, by Microsoft's own names.
    authority: str
    scope: str


def _cloud(login: str, graph: str, portal: str) -> Cloud:
    return Cloud(
        login=f"https://{login}", graph=f"https://{graph}/v1.0", portal=f"https://{portal}",
        authority=f"https://{login}", scope=f"https://{graph}/.default",
    )  # fmt: skip


#: By `Connection.Cloud`.
CLOUDS: dict[str, Cloud] = {
    "global": _cloud("login.microsoftonline.com", "graph.microsoft.com", "entra.microsoft.com"),
    "usGovernment": _cloud("login.microsoftonline.us", "graph.microsoft.us", "entra.microsoft.us"),
    "usDefense": _cloud("login.microsoftonline.us", "dod-graph.microsoft.us", "entra.microsoft.us"),
    "china": _cloud("login.partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn", "portal.azure.cn"),
}


def reached(name: str, *, login_url: str, graph_url: str) -> Cloud:
    """The cloud of this name as this site reaches it; `login_url` and `graph_url` are the site's settings."""
    usual = CLOUDS["global"]
    if (login_url, graph_url) == (usual.login, usual.graph):
        return CLOUDS[name]
    return replace(usual, login=login_url, graph=graph_url, portal=CLOUDS[name].portal)
