// A token for routes with `auth: login` and `permit: claim.rooms`, for five minutes:
//     SECRET_FILE=secret node sign-token.js 42 lobby 'chat-*'
// With jsonwebtoken all below `claims` is jwt.sign(claims, secret).
const { createHmac } = require("crypto");
const { readFileSync } = require("fs");

let secret;
try {
	const file = process.env.SECRET_FILE ?? "/etc/roomcast/token-secret";
	secret = readFileSync(file, "utf8").trim();
} catch (error) {
	console.error(`${error.message}: name the file of the secret in SECRET_FILE`);
	process.exit(1);
}

const [, , sub, ...rooms] = process.argv;
const claims = { sub, rooms, exp: Math.floor(Date.now() / 1000) + 300 };
const signed = [{ alg: "HS256", typ: "JWT" }, claims]
	.map(part => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
const mac = createHmac("sha256", secret).update(signed).digest("base64url");
console.log(`${signed}.${mac}`);
