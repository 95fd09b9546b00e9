"""Microsoft's products by the id (SKU) that the directory tells, and which of them include Microsoft Bookings (S4.18).

Ids and names: Entra, "Product names and service plan identifiers for licensing". A product that includes Bookings
gives it by the service plan "Microsoft Bookings", which an administrator can take out of it (S4.19).
"""

from __future__ import annotations

from collections.abc import Iterable

#: The products of S4.18. Several ids may be one product: for staff and for students, bought and prepaid.
WITH_BOOKINGS = {
    "e578b273-6db4-4691-bba0-8d691f4da603": "Office 365 A3",
    "98b6e773-24d4-4c0d-a968-6e787a1f8204": "Office 365 A3",
    "a4585165-0533-458a-97e3-c400570268c4": "Office 365 A5",
    "ee656612-49fa-43e5-b67e-cb1fdf7699df": "Office 365 A5",
    "18181a46-0d4e-45cd-891e-60aabd171b4e": "Office 365 E1",
    "6fd2c87f-b296-42f0-b197-1e91e994b900": "Office 365 E3",
    "c7df2760-2c81-4ef7-b578-5b5392b571df": "Office 365 E5",
    # One product under two names: Office 365 F1 became F3 and kept its id.
    "4b585984-651b-448a-9e53-3b10f069cf7f": "Office 365 F3",
    "4b590615-0888-425a-a965-b3bf7789848d": "Microsoft 365 A3",
    "7cfd9a2b-e110-4c39-bf20-c6a3f36a3121": "Microsoft 365 A3",
    "e97c048c-37a4-45fb-ab50-922fbf07a370": "Microsoft 365 A5",
    "46c119d4-0379-4a9d-85e4-97c66d3f909e": "Microsoft 365 A5",
    "05e9a617-0261-4cee-bb44-138d3ef5d965": "Microsoft 365 E3",
    "06ebc4ee-1bb5-47dd-8120-11324bc54e06": "Microsoft 365 E5",
    "44575883-256e-4a79-9da4-ebe9acabe2b2": "Microsoft 365 F1",
    "50f60901-3181-4b75-8a2c-4c8e4c1d5a72": "Microsoft 365 F1",
    "66b55226-6b4f-492c-910c-a3b7a3c9d993": "Microsoft 365 F3",
    "3b555118-da6a-4418-894f-7df1e2096870": "Microsoft 365 Business Basic",
    "dab7782a-93b1-4074-8bb1-0e61318bea0b": "Microsoft 365 Business Basic",
    "f245ecc8-75af-4f8e-b61f-27d8114de5f3": "Microsoft 365 Business Standard",
    "ac5cef5d-921b-4f97-9ef3-c99076e5470f": "Microsoft 365 Business Standard",
    "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46": "Microsoft 365 Business Premium",
}
#: Names for what is often assigned besides, without Bookings.
OTHERS = {
    "4b9405b0-7788-4568-add1-99614e613b69": "Exchange Online (Plan 1)",
    "19ec0d23-8335-4cbd-94ac-6050e30712fa": "Exchange Online (Plan 2)",
    "80b2d799-d2ba-4d2a-8842-fb0d0f3a4b82": "Exchange Online Kiosk",
    "cdd28e44-67e3-425e-be4c-737fab2899d3": "Microsoft 365 Apps for business",
    "c2273bd0-dff7-4215-9ef5-2c7bcfb06425": "Microsoft 365 Apps for enterprise",
    "f30db892-07e9-47e9-837c-80727f46fd3d": "Microsoft Power Automate Free",
    "efccb6f7-5641-4e0e-bd10-b4976e1bf68e": "Enterprise Mobility + Security E3",
    "b05e124f-c7cc-45a0-a6aa-8cf78c946968": "Enterprise Mobility + Security E5",
}


def name(sku: str) -> str:
    """The product's name; the id itself where it is none of these."""
    sku = sku.lower()
    return WITH_BOOKINGS.get(sku) or OTHERS.get(sku) or sku


def names(skus: Iterable[str]) -> list[str]:
    """The products' names, each once, in order."""
    return sorted({name(sku) for sku in skus})


def include_bookings(skus: Iterable[str]) -> bool:
    """Whether one of the products has Bookings in it, on by default (S4.18)."""
    return any(sku.lower() in WITH_BOOKINGS for sku in skus)
