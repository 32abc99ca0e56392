# A token for routes with `auth: login` and `permit: claim.rooms`, for five minutes:
#     python3 sign-token.py 42 lobby 'chat-*'
# With PyJWT all below `claims` is jwt.encode(claims, secret, "HS256").
import base64, hashlib, hmac, json, sys, time

def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")

secret = open("/etc/roomcast/token-secret", "rb").read().strip()
claims = {"sub": sys.argv[1], "rooms": sys.argv[2:], "exp": int(time.time()) + 300}
parts = {"alg": "HS256", "typ": "JWT"}, claims
signed = b".".join(base64url(json.dumps(part).encode()) for part in parts)
mac = hmac.new(secret, signed, hashlib.sha256).digest()
print((signed + b"." + base64url(mac)).decode())
