"""Who may have booking pages, and the rules of the organisation for them."""
