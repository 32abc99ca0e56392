<?php
// A token for routes with `auth: login` and `permit: claim.rooms`, for five minutes:
//     SECRET_FILE=secret php sign-token.php 42 lobby 'chat-*'
// With firebase/php-jwt all below $claims is JWT::encode($claims, $secret, "HS256").
function base64url(string $data): string
{
    return rtrim(strtr(base64_encode($data), "+/", "-_"), "=");
}

$file = getenv("SECRET_FILE") ?: "/etc/roomcast/token-secret";
if (!is_readable($file)) {
    fwrite(STDERR, "cannot read $file: name the file of the secret in SECRET_FILE\n");
    exit(1);
}
$secret = trim(file_get_contents($file));
$claims = ["sub" => $argv[1], "rooms" => array_slice($argv, 2), "exp" => time() + 300];
$parts = [["alg" => "HS256", "typ" => "JWT"], $claims];
$signed = implode(".", array_map(fn($part) => base64url(json_encode($part)), $parts));
echo $signed, ".", base64url(hash_hmac("sha256", $signed, $secret, true)), "\n";
