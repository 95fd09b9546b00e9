"""Our own API: pages, services, free times, bookings, links."""
