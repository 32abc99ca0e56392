// The client and the real gateway.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import http from "node:http";
import net from "node:net";
import { afterEach, test } from "node:test";
import { connect } from "roomcast-client";
import WebSocket from "ws";
import { until } from "./fake.mjs";
import { Gateway, SECRET, url } from "./gateway.mjs";

const ROUTE = {
	path: "/ws/{room}",
	rooms: ["{room}"],
	resume: true,
	welcome: true,
	history: 10,
	transports: ["websocket", "sse"],
};
const BOTH = ["websocket", "sse"];

let gateway, client, got, gaps, states, errors;
const ends = [];

async function start(sections) {
	gateway = await new Gateway({ routes: [ROUTE], ...sections }).start();
	ends.push(() => gateway.end("SIGKILL"));
}

async function come(options, address = url()) {
	got = [], gaps = [], states = [], errors = [];
	client = connect(address, {
		WebSocket,
		pause: 20,
		gap: id => gaps.push(id),
		state: (state, why) => states.push([state, why]),
		error: error => errors.push(error),
		...options,
	});
	client.on("*", message => got.push(message));
	ends.unshift(() => client.stop());
	const last = () => states.at(-1)?.[0];
	await until(() => last() === "open" || last() === "stopped");
}

const opens = () => states.filter(([state]) => state === "open").length;
const numbers = (first, last) =>
	Array.from({ length: last - first + 1 }, (_, i) => first + i);
const add = (first, last) => gateway.room(...numbers(first, last).map(String));

function tokenFor(seconds, secret = SECRET) {
	const part = value => Buffer.from(JSON.stringify(value)).toString("base64url");
	const exp = Math.floor(Date.now() / 1000) + seconds;
	const text = `${part({ alg: "HS256" })}.${part({ sub: "ann", exp })}`;
	return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

afterEach(async () => {
	for (const end of ends.splice(0)) await end();
});

for (const transport of BOTH)
	test(`${transport}: all kinds of messages`, async () => {
		await start();
		await come({ transport });
		const kinds = [];
		client.on("chat", (message, { kind }) => kinds.push([kind, message.n]));
		await gateway.room("a\nb", '{"type":"chat","n":1}', "grüße 🙂", "",
			'{"MESSAGE_ID":"chat","n":2}', Buffer.of(255, 10, 0));
		await until(() => got.length === 6);
		assert.deepEqual(got, ["a\nb", { type: "chat", n: 1 }, "grüße 🙂", "",
			{ MESSAGE_ID: "chat", n: 2 }, Uint8Array.of(255, 10, 0)]);
		assert.deepEqual(kinds, [["chat", 1], ["chat", 2]]);
		await until(() => client.connection);
		await gateway.send({ connections: [client.connection], message: "you" });
		await until(() => got[6] === "you");
		assert.deepEqual([gaps, errors], [[], []]);
	});

for (const transport of BOTH)
	test(`${transport}: closed again and again, all once, in order`, async () => {
		await start();
		await come({ transport, closed: () => "again" });
		await add(1, 3); // the handshake of the next ones is in between
		for (let i = 0; i < 4; i++) {
			const first = 4 + i * 20, opened = opens();
			await add(first, first + 9);
			await gateway.control(
				{ command: "disconnect", rooms: ["lobby"], code: 4000 });
			await add(first + 10, first + 19);
			await until(() => opens() > opened);
		}
		await until(() => got.length >= 83);
		assert.deepEqual(got, numbers(1, 83));
		assert.deepEqual([gaps, errors], [[], []]);
	});

for (const transport of BOTH)
	test(`${transport}: a gateway without a past is a gap`, async () => {
		await start();
		await come({ transport });
		await add(1, 1);
		await until(() => got.length === 1);
		await gateway.end("SIGKILL");
		await until(() => client.state !== "open");
		await gateway.start();
		await until(() => opens() === 2);
		assert.deepEqual(gaps, [client.since]);
		await add(2, 2);
		await until(() => got.length === 2);
		assert.deepEqual(got, [1, 2]);
	});

test("what a page had already, and the last messages first", async () => {
	await start();
	await add(1, 20);
	await come({ history: 3 });
	await until(() => got.length === 3);
	assert.deepEqual(got, [18, 19, 20]);
	const { since } = client;
	client.stop();
	await add(21, 22);
	await come({ since, history: 3 });
	await until(() => got.length === 2);
	assert.deepEqual(got, [21, 22]);
});

test("except reaches who has come back under another id", async () => {
	await start();
	await come({ was: "tab-1" });
	await until(() => client.connection);
	const before = client.connection;
	client.stop();
	for (const name of [before, "tab-1", "other"])
		await gateway.send({ rooms: ["lobby"], message: name, except: [name] });
	client.start();
	await until(() => got.length);
	assert.deepEqual(got, ["other"]);
	await until(() => client.connection !== before);
});

test("without a single WebSocket it reads events", async () => {
	await start();
	const relay = http.createServer((request, answer) => {
		const { port } = new URL(url());
		const { url: path, headers } = request;
		http.get({ port, host: "127.0.0.1", path, headers }, from => {
			answer.writeHead(from.statusCode, from.headers);
			from.pipe(answer);
			answer.on("close", () => from.destroy());
		}).on("error", () => answer.destroy());
	});
	relay.on("upgrade", (request, socket) =>
		socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n"));
	await new Promise(resolve => relay.listen(0, "127.0.0.1", resolve));
	ends.push(() => relay.closeAllConnections() || relay.close());
	await come({ closed: () => "again" }, url("/ws/lobby", relay.address().port));
	assert.equal(states.filter(([state]) => state === "waiting").length, 3);
	await add(1, 10);
	await until(() => got.length === 10);
	relay.closeAllConnections();
	await add(11, 20);
	await until(() => got.length === 20);
	assert.deepEqual(got, numbers(1, 20));
});

test("a line that is dead without a word is given up", async () => {
	await start({ keepalive: { ping_interval: "1s" } });
	const sockets = [];
	const relay = net.createServer(near => {
		const far = net.connect(new URL(url()).port, "127.0.0.1");
		sockets.push([near, far]);
		for (const [from, to] of [[near, far], [far, near]]) {
			from.on("data", data => to.isMute || to.write(data));
			from.on("close", () => to.destroy());
			from.on("error", () => {});
		}
	});
	await new Promise(resolve => relay.listen(0, "127.0.0.1", resolve));
	ends.push(() => relay.close() && sockets.flat().map(one => one.destroy()));
	await come({ silence: 1500 }, url("/ws/lobby", relay.address().port));
	await add(1, 1);
	await until(() => got.length === 1);
	for (const one of sockets.flat()) one.isMute = true;
	await add(2, 3);
	await until(() => got.length === 3);
	assert.deepEqual(got, [1, 2, 3]);
	assert.equal(states.find(([state]) => state === "waiting")[1].reason,
		"silence");
});

const TOKENS = {
	routes: [{ ...ROUTE, auth: "people", refuse: "close" }],
	auth: { people: {
		type: "jwt",
		algorithms: ["HS256"],
		secret_file: "secret",
		leeway: "0s",
		token: ["subprotocol", "header.authorization", "query.token"],
	} },
};

test("a token that runs out is replaced", async () => {
	await start(TOKENS);
	const asked = [];
	await come({ token: isRefused =>
		asked.push(isRefused) && tokenFor(asked.length > 1 ? 3600 : 2) });
	await add(1, 1);
	await until(() => asked.length > 1 && client.state === "open");
	await add(2, 2);
	await until(() => got.length === 2);
	assert.deepEqual(got, [1, 2]);
	assert.deepEqual(asked.slice(0, 2), [false, true]);
	assert.equal(states.find(([state]) => state === "waiting")[1].code, 4401);
});

for (const transport of BOTH)
	test(`${transport}: a refused token is told, and replaced`, async () => {
		await start(TOKENS);
		const asked = [];
		await come({ transport, tokenQuery: "token", token: isRefused => {
			asked.push(isRefused);
			return tokenFor(60, isRefused ? SECRET : "x".repeat(32));
		} });
		assert.deepEqual(asked, [false, true]);
		assert.equal(states[1][1].code, 4401);
	});

for (const transport of BOTH)
	test(`${transport}: a room that is not permitted is the end`, async () => {
		await start({ ...TOKENS, routes: [{ ...TOKENS.routes[0],
			permit: "claim.rooms" }] });
		const token = () => tokenFor(60);
		await come({ transport, token });
		assert.equal(client.state, "stopped");
		assert.equal(states.at(-1)[1].code, 4403);
	});
