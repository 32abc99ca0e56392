"""clients/roomcast.js in Firefox: the tests are those of Chromium, but for what
Firefox does not do. It freezes no page, and keeps none (back/forward cache) that
holds a connection when its user leaves, before it has heard of that."""

from rig.firefox import MARKS, firefox, page
from rig.killed import kept
from test_chromium_client import (
    route,
    site,
    started,
    test_a_lost_network_is_noticed_and_so_is_its_end,
    test_a_token_that_has_expired_is_replaced,
    test_kills_of_gateway_and_redis,
    test_so_does_one_that_was_waiting,
    test_the_lines_of_the_page,
    transport,
)

pytestmark = MARKS
