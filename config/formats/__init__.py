"""How dates and times are written where a template or the admin does not say it: as on every other page."""
