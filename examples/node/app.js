// Express and ioredis: an app that publishes to roomcast, and is asked by it who
// may connect. REDIS_URL says where to publish: the gateway's embedded port, or a
// Redis. With STREAM the messages are added to that stream, and who was away
// gets them.
"use strict";
const { randomBytes } = require("crypto");
const path = require("path");
const { setTimeout: pause } = require("timers/promises");
const express = require("express");
const Redis = require("ioredis");

const PORT = process.env.PORT || 8000;
const GATEWAY = process.env.GATEWAY || "ws://127.0.0.1:8080/ws/lobby";
const STREAM = process.env.STREAM;
const ROOMS = ["lobby", "news"];  // where each user may be

const link = new Redis(process.env.REDIS_URL || "redis://127.0.0.1:6390");
link.on("error", error => console.error(error.message));  // it connects again

function publish(channel, payload) {
	if (STREAM)
		return link.xadd(STREAM, "MAXLEN", "~", 100000, "*", channel, payload);
	return link.publish(channel, payload);
}

// A typed message to rooms, users or connections.
function send(message, targets) {
	return publish("roomcast:send", JSON.stringify({ ...targets, message }));
}

// Sessions in memory: the name of who has logged in, by a cookie.
const sessions = new Map();

function nameOf(request) {
	const match = /(?:^|; )session=([0-9a-f]{32})/.exec(request.headers.cookie || "");
	return match && sessions.get(match[1]);
}

function loggedIn(request, response, next) {
	request.user = nameOf(request);
	if (!request.user)
		return response.status(401).json({ error: "log in first" });
	next();
}

function isText(value, longest) {
	return typeof value === "string" && value.length > 0 && value.length <= longest;
}

const later = handler => (request, response, next) =>
	handler(request, response).catch(next);
const app = express();
app.disable("x-powered-by");
app.use(express.json());

app.get("/", (request, response) =>
	response.sendFile(path.join(__dirname, "..", "page.html")));

// Your app would look at a password here.
app.post("/login", (request, response) => {
	const { name } = request.body;
	if (!isText(name, 32))
		return response.status(400).json({ error: "name: 1 to 32 characters" });
	const session = randomBytes(16).toString("hex");
	sessions.set(session, name);
	response.cookie("session", session, { httpOnly: true, sameSite: "strict" });
	response.json({ url: GATEWAY, token: null });
});

// The gateway asks at each handshake, with the cookie of the page.
app.get("/auth", loggedIn, (request, response) =>
	response.json({ user: request.user, may: ROOMS }));

// To all in the room; the tab that says it has this answer instead.
app.post("/rooms/:room/messages", loggedIn, later(async (request, response) => {
	const { text, connection } = request.body;
	if (!ROOMS.includes(request.params.room))
		return response.status(404).json({ error: "no such room" });
	if (!isText(text, 2000))
		return response.status(400).json({ error: "text: 1 to 2000 characters" });
	const message = { type: "message", from: request.user, text };
	const except = isText(connection, 64) ? [connection] : [];
	await send(message, { rooms: [request.params.room], except });
	response.status(201).json(message);
}));

// A job that takes a while tells all tabs of its user how far it is.
async function work(user) {
	for (const percent of [25, 50, 75, 100]) {
		await pause(200);
		await send({ type: "report", percent }, { users: [user] });
	}
}

app.post("/reports", loggedIn, (request, response) => {
	work(request.user).catch(error => console.error(error.message));
	response.status(202).json({});
});

app.listen(PORT, "127.0.0.1", () => console.log(`http://127.0.0.1:${PORT}/`));
