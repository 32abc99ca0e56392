// clients/returns.json: what the client does when a connection ends, or none
// comes about. The tests of the Python client run the same cases.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { connect } from "roomcast-client";
import { FakeClock, FakeSocket } from "./fake.mjs";

const cases = JSON.parse(readFileSync(process.env.RETURNS, "utf8"));
const { pause, maxPause, silence } = cases;

// How long it is until the next attempt after each of these, or "stop".
async function play(story, transport, chance) {
	const { was, resume, decides = {}, attempts } = story;
	const clock = new FakeClock();
	const { random } = Math;
	const begun = [], ended = [], sockets = [];
	const end = (number, act = () => {}) => {
		ended[number] = clock.now;
		act();
	};

	const socket = class extends FakeSocket {
		constructor(address, protocols) {
			super(address, protocols);
			const number = sockets.push(this) && begun.length - 1;
			const { fails, asks, says = [], lasts = 0, closes, silent } =
				attempts[number] ?? { silent: true };
			if (asks)
				assert.deepEqual(Object.fromEntries(address.searchParams), asks);
			setTimeout(() => {
				if (fails) return end(number, () => this.end(1006));
				this.open(...says);
				if (silent) return end(number);
				setTimeout(() => end(number, () => this.end(closes)), lasts);
			});
		}
	};

	Math.random = () => chance;
	globalThis.fetch = async () => {
		const number = begun.length - 1;
		end(number);
		const { fails, answers } = attempts[number] ?? { answers: 503 };
		if (fails) throw new Error("no network");
		return { status: answers };
	};
	const client = connect("ws://gateway/ws/lobby", {
		WebSocket: socket, pause, maxPause, silence, was, resume,
		transport,
		closed: code => decides[code],
		error: () => {},
		token: () => {
			const number = begun.push(clock.now) - 1;
			if (attempts[number]?.fails !== "token") return "a.b.c";
			end(number);
			throw new Error("no token");
		},
	});
	const took = [];
	try {
		for (const [number, { silent }] of attempts.entries()) {
			await clock.until(() => begun.length > number + 1 ||
				ended.length > number && client.state === "stopped");
			const next = begun[number + 1];
			took.push(next ? next - ended[number] - (silent ? silence : 0) : "stop");
			if (!next) client.start();
		}
	} finally {
		client.stop();
		clock.restore();
		Math.random = random;
	}
	return took;
}

// A timer takes a millisecond at least.
const isNear = (took, then) => took === then || Math.abs(took - then) <= 1;

function expect(what, story, thens) {
	const { attempts } = story;
	const transports = ["websocket", "sse"].filter(transport =>
		attempts.every(({ answers, fails }) => fails ||
			(transport === "sse") === !!answers));
	for (const transport of transports)
		for (const chance of [0, 1])
			test(`${what}: ${transport}, ${chance}`, async () => {
				const took = await play(story, transport, chance);
				const wanted = thens.map(then => then === "stop" ? then : then[chance]);
				assert.ok(took.every((one, i) => isNear(one, wanted[i])),
					`${took} and not ${wanted}`);
			});
}

const each = { closes: cases.codes, answers: cases.statuses };
for (const [how, kinds] of Object.entries(each))
	for (const [kind, numbers] of Object.entries(kinds))
		for (const number of numbers) {
			const thens = cases.pauses[kind] ?? ["stop"];
			expect(`${how} ${number}`,
				{ attempts: thens.map(() => ({ [how]: number })) }, thens);
		}

for (const story of cases.stories)
	if (!story.only)
		expect(story.what, story, story.attempts.map(({ then }) => then));
