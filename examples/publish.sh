#!/bin/sh
# With redis-cli; with bash alone it is
#     echo "PUBLISH roomcast:room:lobby 'hello'" > /dev/tcp/127.0.0.1/6390
# With Redis and several instances a message for one room is cheapest on the
# room's own channel: PUBLISH roomcast:room:lobby '{"text": "hello"}'
redis-cli -p 6390 PUBLISH roomcast:send '{"rooms": ["lobby"], "message": {"text": "hello from a shell"}}'
