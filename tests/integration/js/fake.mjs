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
