
/* --- asking --- */

class Refused extends Error {
	constructor(status, { error, remedy }) {
		super(error);
		this.status = status;
		this.remedy = remedy ?? "";
	}
}

/* A browser may keep nothing: then the token is there until a reload. */
const kept = {
	token: "",
	load() {
		try { this.token = sessionStorage.getItem(TOKEN) ?? ""; } catch {}
	},
	save(token) {
		this.token = token;
		try { sessionStorage.setItem(TOKEN, token); } catch {}
	},
};

async function ask(path, options) {
	const headers = kept.token ? { Authorization: `Bearer ${kept.token}` } : {};
	const response = await fetch(path, {
		headers, cache: "no-store", credentials: "omit", redirect: "error",
		signal: AbortSignal.timeout(ANSWER_MS), ...options,
	});
	const body = await response.json();
	if (!response.ok)
		throw new Refused(response.status, body);
	return body;
}

let instance = null, heard = null;
const due = { rooms: 0, readers: 0 };

async function askStatus() {
	const status = await ask("api/status");
	if (status.instance !== instance)
		points.forget();
	instance = status.instance;
	points.add(await ask("api/graphs" + (points.next ? `?since=${points.next}` : "")));
	heard = Date.now();
	document.body.dataset.state = "there";
	show(status);
}

/* What costs the gateway more is asked for less often. */
async function askLists() {
	const now = Date.now();
	if (now >= due.readers) {
		due.readers = now + READERS_MS;
		showReaders((await ask("api/connections?sort=queue&limit=8")).connections);
	}
	if (now >= due.rooms) {
		due.rooms = now + ROOMS_MS;
		showRooms((await ask("api/rooms?sort=members&limit=8")).rooms);
	}
}

function showTrouble(error) {
	const state = byId("state");
	state.className = "pill bad";
	due.rooms = due.readers = 0;
	if (error instanceof Refused && error.status === 401) {
		document.body.dataset.state = "asked";
		setText(state, "token");
		say(kept.token ? "This is not the token of this gateway" : "");
		byId("ask").hidden = false;
		byId("token").focus();
	} else if (error instanceof Refused) {
		document.body.dataset.state = "gone";
		setText(state, "refused");
		say(error.message, error.remedy);
	} else {
		document.body.dataset.state = "gone";
		setText(state, "gone");
		say("The gateway does not answer",
			heard ? `What you see is of ${clock(heard)}. It is asked again and again.`
				: "It is asked again and again.");
	}
}

/* --- turns --- */

let timer = 0, isAsking = false;

async function turn() {
	clearTimeout(timer);
	if (isAsking)
		return;
	isAsking = true;
	try {
		await askStatus();
		await askLists();
	} catch (error) {
		showTrouble(error);
	}
	isAsking = false;
	if (document.body.dataset.state !== "asked")
		timer = setTimeout(turn, document.hidden ? HIDDEN_MS : TURN_MS);
}

document.addEventListener("visibilitychange", () => {
	if (!document.hidden && document.body.dataset.state !== "asked")
		turn();
});

byId("ask").addEventListener("submit", e => {
	e.preventDefault();
	const token = byId("token").value.trim();
	if (/[^\x20-\x7e]/.test(token)) {
		say("A token has none of these characters");
		return;
	}
	kept.save(token);
	byId("token").value = "";
	byId("ask").hidden = true;
	say("");
	document.body.dataset.state = "new";
	turn();
});

/* --- publishing --- */

function sayPublished({ id, instances, reached }) {
	const to = reached === null ? "it is not known yet whom it reached"
		: `it reached ${count(reached)} connections of this instance`;
	return `Published${id ? ` as ${id}` : ""}: ${to}` +
		(instances === null ? "" : `; ${count(instances)} instances heard it`);
}

byId("publish").addEventListener("submit", async e => {
	e.preventDefault();
	const button = byId("publish").querySelector("button"), result = byId("result");
	const body = JSON.stringify({ rooms: [byId("room").value], text: byId("text").value });
	button.disabled = true;
	result.className = "";
	setText(result, "publishing");
	try {
		setText(result, sayPublished(await ask("api/publish", { method: "POST", body })));
		result.className = "good";
	} catch (error) {
		setText(result, error instanceof Refused
			? [error.message, error.remedy].filter(Boolean).join("; ")
			: "The gateway does not answer");
		result.className = "bad";
	}
	button.disabled = false;
});

kept.load();
turn();
