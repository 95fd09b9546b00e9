"""What people see in a browser: visitors' pages, and their own bookings."""
