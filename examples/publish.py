import json, redis

gateway = redis.Redis.from_url("redis://127.0.0.1:6390")
# One room, several instances: "roomcast:room:lobby" with the message alone is cheaper.
gateway.publish("roomcast:send", json.dumps({"rooms": ["lobby"], "message": {"text": "hello from Python"}}))
