# A token for routes with `auth: login` and `permit: claim.rooms`, for five minutes:
#     SECRET_FILE=secret ruby sign-token.rb 42 lobby 'chat-*'
# With ruby-jwt all below `claims` is JWT.encode(claims, secret, "HS256").
require "json"
require "openssl"

def base64url(data)
  [data].pack("m0").tr("+/", "-_").delete("=")
end

begin
  secret = File.read(ENV.fetch("SECRET_FILE", "/etc/roomcast/token-secret")).strip
rescue SystemCallError => error
  abort "#{error.message}: name the file of the secret in SECRET_FILE"
end
user, *rooms = ARGV
claims = { sub: user, rooms: rooms, exp: Time.now.to_i + 300 }
signed = [{ alg: "HS256", typ: "JWT" }, claims].map { |part| base64url(part.to_json) }.join(".")
puts "#{signed}.#{base64url(OpenSSL::HMAC.digest("SHA256", secret, signed))}"
