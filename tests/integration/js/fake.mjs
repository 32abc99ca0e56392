// A WebSocket whose other side is the test.
export class FakeSocket {
	static all = [];

	constructor(address, protocols) {
		Object.assign(this, { address, protocols, isClosed: false });
		FakeSocket.all.push(this);
	}

	close() {
		this.isClosed = true;
	}

	open(...frames) {
		this.onopen();
		for (const data of frames)
			this.onmessage({ data });
	}

	end(code, reason = "") {
		this.onclose({ code, reason });
	}
}

// Until condition gives something, which is the answer.
export async function until(condition, ms = 20000) {
	const end = Date.now() + ms * (process.env.ROOMCAST_TIME_FACTOR ?? 1);
	for (;;) {
		const found = condition();
		if (found) return found;
		if (Date.now() > end) throw new Error(`not in time: ${condition}`);
		await new Promise(resolve => setTimeout(resolve, 5));
	}
}

// A clock of the test's own: timers come when they are waited for, at once.
export class FakeClock {
	constructor() {
		this.now = 1e12; // ms
		this.timers = new Map();
		const { setTimeout, clearTimeout } = globalThis, { now } = Date;
		this.restore = () => Object.assign(globalThis,
			{ setTimeout, clearTimeout }) && Object.assign(Date, { now });
		let last = 0;
		globalThis.setTimeout = (call, ms = 0) =>
			this.timers.set(++last, { call, at: this.now + ms }) && last;
		globalThis.clearTimeout = timer => this.timers.delete(timer);
		Date.now = () => this.now;
	}

	// Until condition holds. What promises lead to comes before the next timer.
	async until(condition) {
		for (let turn = 0; !condition(); turn++) {
			await new Promise(resolve => setImmediate(resolve));
			if (turn % 4 || condition()) continue;
			const [next] = [...this.timers].sort(([, a], [, b]) => a.at - b.at);
			if (!next) throw new Error(`never: ${condition}`);
			const [timer, { call, at }] = next;
			this.timers.delete(timer);
			this.now = Math.max(this.now, at);
			call();
		}
	}
}
