"""The staff area: a member's own page, the organisation's pages, bookings."""
