import json, redis

gateway = redis.Redis.from_url("redis://127.0.0.1:6390")
gateway.publish("roomcast:control", json.dumps({"command": "disconnect", "users": ["42"], "code": 4001, "reason": "signed out"}))
