"""The programs of the API's tests, and the members of the staff area's."""

from tests.api.conftest import anybody, contoso_api, monday
from tests.notifications.conftest import postbox, run
from tests.staff.conftest import sign_in

__all__ = ["anybody", "contoso_api", "monday", "postbox", "run", "sign_in"]
