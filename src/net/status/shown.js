
/* --- tables --- */

/* A cell: text or an element; what it does not show in full is its title. */
function cell(content, name) {
	const td = make("td", name ?? "", content);
	td.title = td.textContent;
	return td;
}

/* What has not changed stays, so that it can be marked and copied. */
function replace(parent, fresh) {
	const old = [...parent.children];
	fresh.forEach((element, i) => {
		if (!old[i])
			parent.append(element);
		else if (!old[i].isEqualNode(element))
			old[i].replaceWith(element);
	});
	old.slice(fresh.length).forEach(element => element.remove());
}

/* Rows of cells; the height of what is missing keeps the rest in its place. */
function fill(id, rows, nothing) {
	const body = byId(id);
	const wide = content => {
		const td = cell(content);
		td.colSpan = body.previousElementSibling.rows[0].cells.length;
		return td;
	};
	const shown = rows.length > 0 ? rows.map(cells => make("tr", "", ...cells))
		: [make("tr", "none", wide(nothing))];
	replace(body, [...shown, make("tr", "rest", wide(""))]);
}

function facts(id, pairs) {
	replace(byId(id), pairs.map(([name, value]) =>
		make("div", "", make("dt", "", name), make("dd", "", value))));
}

/* --- what is shown --- */

function showState(s) {
	const state = byId("state");
	state.className = "pill " + (s.ready ? "good" : "bad");
	setText(state, s.ready ? "ready" : s.phase === "serving" ? "not ready" : s.phase);
	facts("facts", [
		["host", named(s.host)],
		["instance", s.instance],
		["version", s.version],
		["up", ago(s.uptime_ms)],
	]);
	document.title = `${s.ready ? "" : "! "}${s.host} – roomcast`;
	say(s.ready ? "" : "Not ready", ...s.why_not);
}

function showSources(b) {
	const now = Date.now();
	const rows = b.sources.map(s => [
		cell(named(s.master ? `${s.master} (${s.address})` : s.address),
			"mark " + (s.up ? "good" : "bad")),
		cell(s.up ? s.role : "away"),
		cell(ago(now - s.since_ms), "n"),
	]);
	if (b.kind === "embedded")
		rows.push([
			cell("embedded port", "mark " + (b.up ? "good" : "bad")),
			cell(`${count(b.publishers)} publishers`), cell("", "n"),
		]);
	if (b.stream)
		rows.push([
			cell(`stream, ${count(b.stream.length)} entries`,
				"mark " + (b.stream.up ? "good" : "bad")),
			cell(b.stream.up ? "read" : "away"),
			cell(`${millis(b.stream.lag_ms)} behind`, "n"),
		]);
	return rows;
}

function showHistory(h) {
	return h ? [[
		cell(`history, ${bytes(h.bytes)}`, "mark good"),
		cell(`${count(h.entries)} messages`),
		cell(ago(h.age_ms), "n"),
	]] : [];
}

function showApp({ presence, events }) {
	const rows = [];
	if (presence)
		rows.push([
			cell(presence.routes ? "presence" : "lease",
				"mark " + (presence.up ? "good" : "bad")),
			cell(!presence.up ? "away" :
				presence.routes ? "written" : "held"),
			cell("", "n"),
		]);
	if (events)
		rows.push([
			cell("events", "mark " + (events.up === false ? "bad" :
				events.lost ? "warn" : "good")),
			cell((events.up === false ? "away, " : "") +
				`${count(events.lost)} lost`),
			cell(`${bytes(events.waiting_bytes)} wait`, "n"),
		]);
	return rows;
}

let cpu = null;

/* Processor time since the last look, in hundredths of one processor. */
function cpuShare(s) {
	const before = cpu;
	cpu = { ms: s.process.cpu_ms, at: s.uptime_ms };
	return before && cpu.at > before.at
		? `${whole.format(100 * (cpu.ms - before.ms) / (cpu.at - before.at))} %`
		: "–";
}

function showProcess(s) {
	const r = s.reload;
	facts("process", [
		["memory", bytes(s.process.resident_bytes)],
		["processor", cpuShare(s)],
		["files", `${count(s.process.files)} of ${count(s.process.files_limit)}`],
		["handshakes", `${count(s.connections.handshakes)} of ` +
			count(s.connections.handshakes_limit)],
		["configuration", r.successful ? "in force" : "refused: see the log"],
		["since", ago(Date.now() - r.in_force_since_ms) +
			(r.restart_needed ? `, ${r.restart_needed} wait` : "")],
	]);
	fill("workers", s.workers.map((w, i) => [
		cell(String(i)), cell(count(w.connections), "n"),
		cell(millis(w.lag_ms), "n"), cell(millis(w.queue_oldest_ms), "n"),
	]), "none");
}

const WHAT = {
	refused: "refused", closed: "closed", payloads_dropped: "payload dropped",
	deliveries_dropped: "delivery dropped", hook_failures: "hook failed",
	tls_failures: "TLS failed",
};

/* The labels, numbers first: "403 origin". */
function reasonOf(row) {
	const { count: _, status, code, ...others } = row;
	return [status ?? code, ...Object.values(others)].filter(Boolean)
		.join(" ").replaceAll("_", " ");
}

function showReasons(recent) {
	const rows = Object.keys(WHAT).flatMap(
		key => recent[key].map(row => [WHAT[key], reasonOf(row), row.count]));
	rows.sort((a, b) => b[2] - a[2]);
	fill("reasons", rows.slice(0, 12).map(([what, reason, n]) =>
		[cell(what), cell(named(reason)), cell(count(n), "n")]),
		"nothing in the last ten minutes");
}

function showWarnings(warnings) {
	fill("warnings", warnings.map(w => [
		cell(clock(w.last_ms), "mark " + (w.level === "error" ? "bad" : "warn")),
		cell(w.component),
		cell(make("span", "", named(w.msg), " ", make("i", "", named(w.values)))),
		cell(count(w.count), "n"),
	]), "none since the start");
}

function showRooms(rooms) {
	fill("rooms", rooms.map(r =>
		[cell(named(r.name)), cell(count(r.members), "n")]), "nobody is in a room");
}

function showReaders(connections) {
	const slow = connections.filter(c => c.queue_bytes > 0);
	fill("readers", slow.map(c => [
		cell(named(c.user ?? c.address)), cell(named(c.route)),
		cell(millis(c.round_trip_ms), "n"), cell(bytes(c.queue_bytes), "n"),
	]), "nothing waits for anybody");
}

function show(s) {
	showState(s);
	charts.forEach(chart => chart.show(s));
	fill("sources", [
		...showSources(s.backend), ...showHistory(s.history), ...showApp(s),
	], "none");
	showProcess(s);
	showReasons(s.recent);
	showWarnings(s.warnings);
}

function say(text, ...more) {
	const said = byId("said");
	if (said.innerText !== [text, ...more].join("\n"))
		said.replaceChildren(text, ...more.map(line => make("span", "", line)));
}
