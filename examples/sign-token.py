# A token for routes with `auth: login` and `permit: claim.rooms`, for five minutes:
#     SECRET_FILE=secret python3 sign-token.py 42 lobby 'chat-*'
# With PyJWT all below `claims` is jwt.encode(claims, secret, "HS256").
import base64, hashlib, hmac, json, os, sys, time

def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")

try:
    file = os.environ.get("SECRET_FILE", "/etc/roomcast/token-secret")
    secret = open(file, "rb").read().strip()
except OSError as error:
    sys.exit(f"{error}: name the file of the secret in SECRET_FILE")
claims = {"sub": sys.argv[1], "rooms": sys.argv[2:], "exp": int(time.time()) + 300}
parts = {"alg": "HS256", "typ": "JWT"}, claims
signed = b".".join(base64url(json.dumps(part).encode()) for part in parts)
mac = hmac.new(secret, signed, hashlib.sha256).digest()
print((signed + b"." + base64url(mac)).decode())
