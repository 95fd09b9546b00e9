"""The organisation's own pages."""
