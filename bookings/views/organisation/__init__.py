"""Pages for an organisation's administrators."""
