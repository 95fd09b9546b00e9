"""The demonstration: `manage.py demo` shows the whole product with made-up people and a Microsoft 365 of its own."""
