// A client of roomcast for pages, workers and Node.js: it connects, comes back
// with its cursor, and hands each message to who has asked for its kind. What it
// promises stands in docs/clients.md of roomcast, its types in roomcast.d.ts.

const PATIENCE = 15000; // with a connect, in ms
const MISSES = 3; // of WebSockets, and then server-sent events are tried once
const NAMES = 4; // the most that a gateway takes in `was`
const LOST = 1006; // the code of a connection that ended without one
const PUT_OFF = 4503;

const isText = data => typeof data === "string";
const text = data => isText(data) ? data : new TextDecoder().decode(data);

// What JSON says, also where it comes as bytes; all else as it is.
const parsed = data => {
	try {
		return JSON.parse(isText(data) || data[0] === 123 ? text(data) : "");
	} catch {
		return data;
	}
};

// What a close code asks for, see roomcast.js in docs/clients.md. What it does
// then is in returns.json, for all clients.
const usually = code =>
	code === 4401 || code === 1008 ? "token"
		: code === 4429 || code === PUT_OFF ? "later"
			: code < 4000 && code !== 1000 ? "again" : "stop";

export function connect(url, options = {}) {
	const {
		transport, tokenQuery, history, was = [],
		kind = message => message?.MESSAGE_ID ?? message?.type,
		silence = 60000, pause = 1000, maxPause = 30000,
	} = options;
	const target = new URL(url, globalThis.location?.href);
	const names = []; // that the gateway has called us, the newest first
	let hasIds = options.resume !== false;
	let since = options.since ?? "";
	let handlers = []; // never changed in place: one may go while they run
	let state = "stopped", connection, ears;
	// The attempt or the connection, a new object each, and 0 for none. What
	// an older one still hears counts for nothing; this is about the present:
	let current, close, isTried, isUp, began;
	let fails, misses, isRefused;
	let hasOpened, hasHadSocket, isAsleep;
	let timer, deadline;

	const report = error => {
		try {
			(options.error ?? globalThis.reportError ?? console.error)(error);
		} catch {}
	};

	// What the app's own code throws is reported, and breaks nothing here.
	const call = (callback, ...words) => {
		try {
			const answer = callback?.(...words);
			answer?.catch?.(report);
			return answer;
		} catch (error) {
			report(error);
		}
	};

	const become = (next, why = {}) => {
		if (state === next) return;
		state = next;
		call(options.state, next, why);
	};

	// There is one deadline: the next connect, or the end of a silent one.
	const due = () => current ? lost(current, LOST, "silence") : open();
	const arm = ms => {
		clearTimeout(timer);
		deadline = Date.now() + ms;
		timer = ms && setTimeout(due, ms);
	};
	const drop = () => {
		arm(0);
		if (close) close();
		close = current = 0;
	};

	// --- what comes

	const opened = () => {
		if (began) return;
		began = Date.now();
		const isAgain = hasOpened;
		hasOpened = 1;
		become("open");
		// Nobody knows what was missed.
		if (isAgain && !hasIds) call(options.gap, "");
	};

	const welcome = ({ connection: id }) => {
		connection = id;
		names.unshift(id);
		names.splice(NAMES);
	};

	const deliver = (data, id) => {
		const message = parsed(data);
		const name = call(kind, message);
		if (!hasIds && name === "roomcast.welcome") return welcome(message);
		if (!hasIds && name === "roomcast.gap") return call(options.gap, "");
		for (const [wanted, handler] of handlers)
			if (wanted === name || wanted === "*")
				call(handler, message, { id, kind: name, data });
	};

	// The cursor moves when the handlers are done, also where one threw. With
	// ids a note comes first: where it does not, the route has none.
	const take = (id, note, data, whole = data) => {
		if (hasIds && !began && note !== "at" && note !== "gap") {
			hasIds = id = note = "";
			data = whole;
			report(Error("roomcast: a route without resume"));
		}
		arm(hasIds ? silence : 0);
		opened();
		if (note === "gap") call(options.gap, id);
		else if (note === "welcome") welcome(parsed(data));
		else if (!note) deliver(data, id);
		since = id || since;
	};

	const frame = data => {
		const whole = isText(data) ? data : new Uint8Array(data);
		if (!hasIds) return take("", "", whole);
		const cut = whole.indexOf(isText(data) ? "\n" : 10) + 1;
		const [id, note] = text(whole.slice(0, cut)).trimEnd().split(" ");
		take(id, note, whole.slice(cut), whole);
	};

	// --- the two transports

	const socket = (mine, address, token) => {
		address.protocol = address.protocol.replace("http", "ws");
		const ws = new (options.WebSocket ?? WebSocket)(address,
			token && !tokenQuery ? ["roomcast.jwt", token] : []);
		ws.binaryType = "arraybuffer";
		close = () => ws.close();
		ws.onerror = () => {};
		ws.onopen = () => {
			if (current !== mine) return;
			hasHadSocket = isUp = 1;
			arm(hasIds ? silence : 0);
			if (!hasIds) opened();
		};
		ws.onmessage = ({ data }) => current === mine && frame(data);
		ws.onclose = ({ code, reason }) => lost(mine, code, reason);
	};

	// Read by fetch: an EventSource keeps the notes, and so the cursor of a
	// quiet room, to itself, and comes back with the token of before.
	const events = async (mine, address, token) => {
		address.protocol = address.protocol.replace("ws", "http");
		const abort = new AbortController();
		close = () => abort.abort();
		const headers = { Accept: "text/event-stream" };
		if (token && !tokenQuery) headers.Authorization = "Bearer " + token;
		const { status, body } = await fetch(address, {
			headers,
			signal: abort.signal,
			credentials: options.credentials,
		}).catch(() => ({}));
		// Where it is the second choice, what answers may be some proxy.
		if (status !== 200)
			return lost(mine, status > 499 && transport ? PUT_OFF
				: status && status !== 408 && (transport || status === 401)
					? 4000 + status : LOST);
		isUp = 1;
		let code = LOST, rest = "", event = {};
		const dispatch = ({ event: type, id = "", data, retry }) => {
			if (type === "roomcast.close") code = +data;
			else if (retry > 9999) code = PUT_OFF; // and then comes the end
			else if (type === "binary")
				take(id, "", Uint8Array.from(atob(data), c => c.charCodeAt()));
			else if (isText(data)) take(id, type?.replace("roomcast.", ""), data);
			else if (id || !hasIds) take(id, "at");
		};
		const field = line => {
			const [, name, value] = /^(\w*):? ?(.*)/s.exec(line);
			if (!line) {
				dispatch(event);
				event = {};
			} else
				event[name] = name === "data" && isText(event.data)
					? event.data + "\n" + value : value;
		};
		const reader = body.pipeThrough(new TextDecoderStream()).getReader();
		for (;;) {
			const { done, value } = await reader.read();
			if (done) return lost(mine, code);
			const lines = (rest + value).split("\n");
			rest = lines.pop();
			for (const line of lines) {
				if (current !== mine) return;
				arm(silence);
				field(line);
			}
		}
	};

	// --- coming and going

	const open = async () => {
		const mine = current = {};
		isTried = isUp = began = 0;
		arm(PATIENCE);
		try {
			// The first time, who has called has no client yet.
			await 0;
			if (current !== mine) return;
			become("connecting");
			const token = await options.token?.(!!isRefused);
			if (current !== mine) return;
			const address = new URL(target);
			const add = (name, value) =>
				value && address.searchParams.set(name, value);
			add(tokenQuery, tokenQuery && token);
			if (hasIds) address.searchParams.set("since", since);
			add("was", [was, names].flat().slice(0, NAMES).join());
			add("history", !hasOpened && history);
			isTried = 1;
			const isSecond = !transport && !hasHadSocket &&
				misses % (MISSES + 1) === MISSES;
			await (isSecond || transport === "sse" ? events : socket)(
				mine, address, token);
		} catch (error) {
			if (current !== mine) return;
			if (!isUp) report(error);
			lost(mine, LOST, "" + error);
		}
	};

	const lost = (mine, code, reason = "") => {
		if (!mine || current !== mine) return;
		if (isTried && !isUp) misses++;
		// One that ends at once has proved nothing.
		if (began && Date.now() - began > 5 * pause) fails = isRefused = 0;
		drop();
		const usual = usually(code);
		const what = call(options.closed, code, reason, usual) ?? usual;
		if (current || !ears) return;
		if (what === "stop") return stop({ code, reason });
		const first = what === "later" ? 10 * pause : pause;
		const wait = what === "token" && !isRefused ? pause * Math.random() || 1
			: Math.min(first * 2 ** fails++, maxPause) * (0.5 + Math.random());
		if (what === "token") isRefused = 1;
		arm(wait);
		become("waiting", { code, reason, wait });
	};

	// A page that is put away keeps no connection: the browser would break it,
	// or not keep the page.
	const sleep = () => {
		isAsleep = 1;
		drop();
		become("waiting");
	};
	const wake = () => {
		if (isAsleep) open();
		isAsleep = 0;
	};

	const stop = why => {
		if (ears) ears.abort();
		drop();
		ears = isAsleep = 0;
		become("stopped", why);
	};

	const start = () => {
		if (ears) return;
		ears = new AbortController();
		const hear = (what, handler, on = globalThis) =>
			on.addEventListener?.(what, handler, { signal: ears.signal });
		const page = globalThis.document ?? {};
		hear("freeze", sleep, page);
		hear("resume", wake, page);
		hear("pagehide", sleep);
		hear("pageshow", wake);
		hear("offline", () => lost(current, LOST, "offline"));
		hear("online", () => timer && !current && arm(1 + pause * Math.random()));
		// Timers are late in a tab that nobody sees, and stand still while a
		// machine sleeps.
		hear("visibilitychange", () => timer && Date.now() > deadline && due());
		fails = misses = isRefused = 0;
		open();
	};

	start();
	return {
		start,
		stop: () => stop(),
		on(name, handler) {
			const entry = [name, handler];
			handlers = [...handlers, entry];
			return () => { handlers = handlers.filter(other => other !== entry); };
		},
		get since() { return since; },
		get state() { return state; },
		get connection() { return connection; },
	};
}
