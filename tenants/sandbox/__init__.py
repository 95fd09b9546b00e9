"""A small Microsoft 365 of our own: sign-in, directory, calendars, faults on demand, and a page that plays Outlook."""
