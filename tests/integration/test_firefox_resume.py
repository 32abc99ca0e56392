"""The lines of docs/delivery.md in Firefox, its WebSocket and its EventSource:
the tests are those of Chromium, but for what it has not, a page that freezes."""

from rig.firefox import MARKS, firefox, page
from rig.killed import kept
from test_chromium_resume import (
    counting,
    scheme,
    test_a_gateway_without_a_past_says_so,
    test_a_page_that_is_closed_comes_back,
    test_kills_of_gateway_and_redis,
    test_the_first_line_of_bytes,
)

pytestmark = MARKS
