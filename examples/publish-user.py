import json, redis

gateway = redis.Redis.from_url("redis://127.0.0.1:6390")
gateway.publish("roomcast:send", json.dumps({"users": ["42"], "message": {"text": "for all your tabs"}}))
