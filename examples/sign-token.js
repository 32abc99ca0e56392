// A token for routes with `auth: login` and `permit: claim.rooms`, for five minutes:
//     node sign-token.js 42 lobby 'chat-*'
// With jsonwebtoken all below `claims` is jwt.sign(claims, secret).
const { createHmac } = require("crypto");
const secret = require("fs").readFileSync("/etc/roomcast/token-secret", "utf8").trim();

const [, , sub, ...rooms] = process.argv;
const claims = { sub, rooms, exp: Math.floor(Date.now() / 1000) + 300 };
const signed = [{ alg: "HS256", typ: "JWT" }, claims]
	.map(part => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
const mac = createHmac("sha256", secret).update(signed).digest("base64url");
console.log(`${signed}.${mac}`);
