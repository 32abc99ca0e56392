# A token for routes with `auth: login` and `permit: claim.rooms`, for five minutes:
#     ruby sign-token.rb 42 lobby 'chat-*'
# With ruby-jwt all below `claims` is JWT.encode(claims, secret, "HS256").
require "json"
require "openssl"

def base64url(data)
  [data].pack("m0").tr("+/", "-_").delete("=")
end

secret = File.read("/etc/roomcast/token-secret").strip
user, *rooms = ARGV
claims = { sub: user, rooms: rooms, exp: Time.now.to_i + 300 }
signed = [{ alg: "HS256", typ: "JWT" }, claims].map { |part| base64url(part.to_json) }.join(".")
puts "#{signed}.#{base64url(OpenSSL::HMAC.digest("SHA256", secret, signed))}"
