#!/bin/sh
# A token for routes with `auth: login` and `permit: claim.rooms`, for five minutes:
#     SECRET_FILE=secret sh sign-token.sh 42 lobby 'chat-*'
# To try things out: while openssl runs, ps shows the secret to whoever looks.
set -eu

base64url() {
	openssl base64 -A | tr '+/' '-_' | tr -d '='
}

case "$*" in *[\\\"]*) echo "names without quotes and backslashes, please" >&2; exit 2 ;; esac
secret=$(cat "${SECRET_FILE:-/etc/roomcast/token-secret}") || {
	echo "name the file of the secret in SECRET_FILE" >&2
	exit 1
}
user=$1
shift
rooms=$(printf '"%s",' "$@")
claims="{\"sub\":\"$user\",\"rooms\":[${rooms%,}],\"exp\":$(($(date +%s) + 300))}"
signed=$(printf '{"alg":"HS256","typ":"JWT"}' | base64url).$(printf %s "$claims" | base64url)
mac=$(printf %s "$signed" | openssl dgst -sha256 -hmac "$secret" -binary | base64url)
echo "$signed.$mac"
