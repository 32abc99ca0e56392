// What the client does with what it hears, against sockets of the test's own.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { connect } from "roomcast-client";
import { FakeSocket, until } from "./fake.mjs";

let client, states, errors, got, gaps, window;

function start(options = {}) {
	client = connect("ws://gateway/ws/lobby?x=1", {
		WebSocket: FakeSocket,
		pause: 10,
		error: error => errors.push(error),
		gap: id => gaps.push(id),
		state: (state, why) => states.push([state, why]),
		...options,
	});
	client.on("*", (message, { id }) => got.push([id, message]));
	return client;
}

const socket = number => until(() => FakeSocket.all[number]);
const query = ({ address }) => Object.fromEntries(address.searchParams);
const waits = () => states.filter(([state]) => state === "waiting")
	.map(([, { wait }]) => wait);

beforeEach(() => {
	states = [], errors = [], got = [], gaps = [];
	FakeSocket.all = [];
	window = new EventTarget();
	globalThis.document = new EventTarget();
	globalThis.addEventListener = window.addEventListener.bind(window);
});

afterEach(() => client.stop());

test("frames are taken apart, and the cursor follows", async () => {
	start();
	const first = await socket(0);
	assert.equal(first.address.href, "ws://gateway/ws/lobby?x=1&since=");
	first.open("1 at\n");
	assert.deepEqual(states.map(([state]) => state), ["connecting", "open"]);
	first.onmessage({ data: ' welcome\n{"connection":"c1"}' });
	first.onmessage({ data: '2\n{"a":1}' });
	first.onmessage({ data: "\nnot kept" });
	first.onmessage({ data: new TextEncoder().encode('3\n{"b":2}').buffer });
	first.onmessage({ data: Uint8Array.of(52, 10, 255, 10).buffer });
	first.onmessage({ data: "5 news\nfor later versions" });
	first.onmessage({ data: "6 gap\n" });
	assert.equal(client.connection, "c1");
	assert.equal(client.since, "6");
	assert.deepEqual(gaps, ["6"]);
	assert.deepEqual(got, [
		["2", { a: 1 }],
		["", "not kept"],
		["3", { b: 2 }],
		["4", Uint8Array.of(255, 10)],
	]);
	first.end(1006);
	assert.deepEqual(query(await socket(1)), { x: "1", since: "6", was: "c1" });
	first.onmessage({ data: "7\nof the old one" });
	assert.equal(client.since, "6");
	assert.deepEqual(errors, []);
});

test("each kind has its handlers, also one called __proto__", async () => {
	start();
	const off = client.on("a", message => got.push(["a", message]));
	client.on("__proto__", message => got.push(["proto", message]));
	(await socket(0)).open(
		"1 at\n", '2\n{"type":"a"}', '3\n{"type":"b","MESSAGE_ID":"__proto__"}');
	off();
	FakeSocket.all[0].onmessage({ data: '4\n{"type":"a"}' });
	assert.deepEqual(got.map(([id]) => id), ["2", "a", "3", "proto", "4"]);
});

test("what a handler throws is reported and costs no message", async () => {
	start();
	const bad = [new Error("sync"), new Error("async"), new Error("gap")];
	const off = client.on("*", () => { throw bad[0]; });
	client.on("*", (message, { id }) => got.push([id, "after it"]));
	(await socket(0)).open("1 at\n", "2\nx");
	assert.deepEqual(got, [["2", "x"], ["2", "after it"]]);
	off();
	client.on("*", async () => { throw bad[1]; });
	FakeSocket.all[0].onmessage({ data: "3\ny" });
	assert.equal(client.since, "3");
	await until(() => errors.length === 2);
	assert.deepEqual(errors, bad.slice(0, 2));
});

test("the cursor moves behind the handler", async () => {
	start();
	client.on("*", () => got.push(client.since));
	(await socket(0)).open("1 at\n", "2\nx");
	assert.deepEqual(got, [["2", "x"], "1"]);
	assert.equal(client.since, "2");
});

test("who stops in a handler hears no more and loses nothing", async () => {
	start();
	client.on("*", () => client.stop());
	(await socket(0)).open("1 at\n", "2\nx", "3\ny");
	assert.deepEqual(got, [["2", "x"]]);
	assert.ok(FakeSocket.all[0].isClosed);
	client.start();
	assert.equal(query(await socket(1)).since, "2");
	assert.equal(client.state, "connecting");
});

test("it tells why it waits, and why it has stopped", async () => {
	start();
	(await socket(0)).end(1012, "shutdown");
	const [state, { code, reason, wait }] = states.at(-1);
	assert.deepEqual([state, code, reason, wait === waits()[0] && wait > 0],
		["waiting", 1012, "shutdown", true]);
	(await socket(1)).end(4001, "why");
	assert.deepEqual(states.at(-1), ["stopped", { code: 4001, reason: "why" }]);
	client.start();
	(await socket(2)).open("1 at\n");
	assert.equal(client.state, "open");
});

for (const code of [4401, 1008])
	test(`${code}: each connect has a new token`, async () => {
		const asked = [];
		const token = async isRefused =>
			asked.push(isRefused) && `token-${asked.length}`;
		start({ token });
		for (let i = 0; i < 3; i++) {
			const { protocols } = await socket(i);
			assert.deepEqual(protocols, ["roomcast.jwt", `token-${i + 1}`]);
			FakeSocket.all[i].open();
			FakeSocket.all[i].end(code);
		}
		assert.deepEqual(asked, [false, true, true]);
	});

test("the app decides what a code means", async () => {
	const told = [];
	const closed = (code, reason, usual) => {
		told.push([code, reason, usual]);
		if (code === 4001) return "again";
		if (code === 1012) return "stop";
		if (code === 4002) throw new Error("the usual then");
	};
	start({ closed });
	(await socket(0)).end(4001, "moved");
	(await socket(1)).end(1006);
	(await socket(2)).end(1012);
	assert.equal(client.state, "stopped");
	client.start();
	(await socket(3)).end(4002);
	assert.equal(client.state, "stopped");
	assert.deepEqual(told, [[4001, "moved", "stop"], [1006, "", "again"],
		[1012, "", "again"], [4002, "", "stop"]]);
	assert.equal(errors.length, 1);
});

test("a provider of tokens that fails is asked again", async () => {
	let asked = 0;
	start({ tokenQuery: "token", token: () => {
		if (++asked < 3) throw new Error("no network");
		return "a.b.c";
	} });
	const { protocols, address } = await socket(0);
	assert.deepEqual(protocols, []);
	assert.equal(address.searchParams.get("token"), "a.b.c");
	assert.equal(errors.length, 2);
	assert.equal(waits().length, 2);
});

test("one that says nothing is dead", async () => {
	start({ silence: 100 });
	(await socket(0)).open("1 at\n");
	let heard;
	for (let i = 0; i < 8 && client.state === "open"; i++) {
		heard = Date.now();
		FakeSocket.all[0].onmessage({ data: `${i} at\n` });
		await new Promise(resolve => setTimeout(resolve, 20));
	}
	await socket(1);
	assert.ok(Date.now() - heard >= 99);
	assert.ok(FakeSocket.all[0].isClosed);
	assert.equal(states.find(([state]) => state === "waiting")[1].reason,
		"silence");
});

test("after a sleep of the machine it looks at the clock", async t => {
	start();
	(await socket(0)).open("1 at\n");
	const now = Date.now;
	t.after(() => { Date.now = now; });
	window.dispatchEvent(new Event("visibilitychange"));
	assert.equal(client.state, "open");
	Date.now = () => now() + 3600e3;
	window.dispatchEvent(new Event("visibilitychange"));
	assert.equal(client.state, "waiting");
	Date.now = now;
	await socket(1);
});

for (const [target, down, up] of [
	["document", "freeze", "resume"], ["window", "pagehide", "pageshow"],
])
	test(`${down} lets go, ${up} comes back`, async () => {
		start();
		const page = target === "window" ? window : globalThis.document;
		page.dispatchEvent(new Event(up)); // the first one means nothing
		(await socket(0)).open("7 at\n");
		page.dispatchEvent(new Event(down));
		assert.ok(FakeSocket.all[0].isClosed);
		assert.equal(client.state, "waiting");
		await new Promise(resolve => setTimeout(resolve, 50));
		assert.equal(FakeSocket.all.length, 1);
		page.dispatchEvent(new Event(up));
		assert.equal(query(await socket(1)).since, "7");
		client.stop();
		page.dispatchEvent(new Event(down));
		page.dispatchEvent(new Event(up));
		assert.equal(client.state, "stopped");
	});

test("offline is noticed at once, online ends a pause", async () => {
	start({ pause: 200, maxPause: 1e6 });
	(await socket(0)).open("1 at\n");
	window.dispatchEvent(new Event("offline"));
	assert.equal(states.at(-1)[1].reason, "offline");
	window.dispatchEvent(new Event("offline"));
	(await socket(1)).end(4429);
	const begin = Date.now();
	window.dispatchEvent(new Event("online"));
	await socket(2);
	assert.ok(Date.now() - begin < waits().at(-1));
});

test("names go along, four at most, the page's own first", async () => {
	start({ was: ["tab-1", "tab-2"], history: 5 });
	assert.deepEqual(query(await socket(0)),
		{ x: "1", since: "", was: "tab-1,tab-2", history: "5" });
	for (let i = 0; i < 4; i++) {
		(await socket(i)).open("1 at\n", ` welcome\n{"connection":"c${i}"}`);
		FakeSocket.all[i].end(1006);
	}
	assert.deepEqual(query(await socket(4)),
		{ x: "1", since: "1", was: "tab-1,tab-2,c3,c2" });
});

test("without ids each way back is a gap", async () => {
	start({ resume: false, silence: 30, history: 2 });
	assert.deepEqual(query(await socket(0)), { x: "1", history: "2" });
	FakeSocket.all[0].open('{"type":"roomcast.welcome","connection":"c"}', "a\nb");
	assert.deepEqual(got, [["", "a\nb"]]);
	assert.equal(client.connection, "c");
	FakeSocket.all[0].onmessage({ data: '{"type":"roomcast.gap"}' });
	assert.deepEqual(gaps, [""]);
	await new Promise(resolve => setTimeout(resolve, 60)); // pings are unseen
	assert.equal(client.state, "open");
	FakeSocket.all[0].end(1006);
	assert.deepEqual(query(await socket(1)), { x: "1", was: "c" });
	FakeSocket.all[1].open();
	assert.deepEqual(gaps, ["", ""]);
});

test("a route that gives no ids is noticed by its first frame", async () => {
	start();
	(await socket(0)).open("a\nb");
	assert.deepEqual(got, [["", "a\nb"]]);
	assert.match(errors[0].message, /without resume/);
	FakeSocket.all[0].end(1006);
	(await socket(1)).open();
	assert.deepEqual(gaps, [""]);
});

test("a URL that is none is told at once", () => {
	assert.throws(() => connect("/no/base"), TypeError);
});
