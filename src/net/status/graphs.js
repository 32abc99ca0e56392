"use strict";

/*
 * The status page: it asks /api/ every two seconds and shows what it is told.
 * Names of rooms, users and reasons are whatever somebody has sent: they become
 * text, never markup.
 */
const SPAN_MS = 600000;
const TURN_MS = 2000, HIDDEN_MS = 20000, ANSWER_MS = 8000;
const ROOMS_MS = 10000, READERS_MS = 4000;
const TOKEN = "roomcast.token";

const byId = id => document.getElementById(id);

/* An element: a tag, its class, and what is in it. */
function make(tag, name, ...content) {
	const element = document.createElement(tag);
	if (name)
		element.className = name;
	element.append(...content);
	return element;
}

/* Somebody's name: it does not change the direction of what is around it. */
const named = text => make("bdi", "", text);

function setText(element, text) {
	if (element.textContent !== text)
		element.textContent = text;
}

/* --- units --- */

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", {
	notation: "compact", maximumFractionDigits: 2,
});

function count(n) {
	return n < 1e6 ? whole.format(n) : short.format(n);
}

function rate(n) {
	return n > 0 && n < 10 ? n.toFixed(1) : count(n);
}

/* Three digits, and the largest unit that leaves something before the point. */
function scaled(n, units, step) {
	let i = 0;
	for (; n >= step && i < units.length - 1; i++)
		n /= step;
	const digits = i === 0 || n >= 100 ? 0 : n >= 10 ? 1 : 2;
	return [n.toFixed(digits), units[i]];
}

const BYTES = ["B", "KiB", "MiB", "GiB", "TiB"];
const bytes = n => scaled(n, BYTES, 1024).join(" ");
const bytesRate = n => bytes(n) + "/s";

function micros(us) {
	return us === null ? "–" : scaled(us, ["µs", "ms", "s"], 1000).join(" ");
}

function millis(ms) {
	return ms === null ? "–" : ms < 1000 ? `${ms} ms` : ago(ms);
}

/* How long, by its two largest parts. */
function ago(ms) {
	let s = Math.max(0, Math.floor(ms / 1000));
	const parts = [];
	for (const [size, unit] of [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]]) {
		if (s >= size || (unit === "s" && parts.length === 0))
			parts.push(`${Math.floor(s / size)} ${unit}`);
		s %= size;
	}
	return parts.slice(0, 2).join(" ");
}

const clock = ms => new Date(ms).toLocaleTimeString("en-GB");

/* --- graphs --- */

const CHARTS = [
	{
		title: "Connections", columns: ["connections"], format: count,
		value: s => [count(s.connections.open), ` of ${count(s.connections.limit)}`],
		sub: s => `${count(s.connections.websocket)} WebSocket, ` +
			`${count(s.connections.sse)} event streams, ${count(s.rooms)} rooms`,
	},
	{
		title: "Messages", columns: ["messages_per_second"], format: rate,
		value: s => [rate(s.per_second.messages), " a second"],
		sub: s => `${count(s.totals.messages)} since the start`,
	},
	{
		title: "Deliveries", columns: ["deliveries_per_second"], format: rate,
		value: s => [rate(s.per_second.deliveries), " a second"],
		sub: s => `${count(s.totals.deliveries)} since the start`,
	},
	{
		title: "Fan-out", columns: ["fanout_p99_us", "fanout_p50_us"], format: micros,
		names: ["p99", "p50"], floor: 100,
		value: s => [micros(s.fanout.p99_us), ` p99, ${micros(s.fanout.p50_us)} p50`],
		sub: () => "from the read to the last write; logarithmic",
	},
	{
		title: "Queues of clients", columns: ["queue_bytes"], format: bytes, step: 1024,
		value: s => [bytes(s.queue.bytes), ` oldest ${millis(s.queue.oldest_ms)}`],
		sub: s => `${bytes(s.queue.memory_bytes)} of memory, at most ` +
			bytes(s.queue.memory_limit_bytes),
	},
	{
		title: "Sent", columns: ["written_bytes_per_second"], format: bytesRate, step: 1024,
		value: s => [bytes(s.per_second.written_bytes), " a second"],
		sub: s => `${bytes(s.totals.written_bytes)} since the start`,
	},
];

/* A round number that is not below: of units that are step times each other. */
function roundUp(max, step) {
	let unit = 1;
	while (step && max / unit >= step)
		unit *= step;
	const power = 10 ** Math.floor(Math.log10(max / unit));
	const digit = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find(d => d * power * unit >= max);
	return digit * power * unit;
}

/*
 * Where a value stands, from 0 to 1. With a floor that is in powers of ten: one
 * slow message among thousands does not make the others a flat line.
 */
function scale(max, { step, floor }) {
	if (!floor) {
		const top = max > 0 ? roundUp(max, step) : 1;
		return { top, height: value => value / top };
	}
	const powers = Math.max(1, Math.ceil(Math.log10(Math.max(max, floor) / floor)));
	return {
		top: floor * 10 ** powers,
		height: value => Math.log10(Math.max(value, floor) / floor) / powers,
	};
}

class Chart {
	constructor(spec, points) {
		this.spec = spec;
		this.points = points;
		this.at = null; /* the point that is looked at */
		this.build();
		this.listen();
	}

	build() {
		const title = make("h2", "", this.spec.title);
		(this.spec.names ?? []).forEach((name, i) => title.append(
			make("i", `key s${i}`), make("small", "", name)));
		this.value = make("p", "value", "–", make("span", ""));
		this.sub = make("p", "sub");
		this.svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
		this.svg.setAttribute("viewBox", "0 0 600 72");
		this.svg.setAttribute("preserveAspectRatio", "none");
		this.svg.setAttribute("aria-hidden", "true");
		this.path("rule").setAttribute("d", "M0 0H600M0 36H600M0 72H600");
		this.area = this.path("area");
		this.lines = this.spec.columns.map((_, i) => this.path(`s${i}`));
		this.cursor = this.path("cursor");
		this.top = make("span", "top");
		this.graph = make("div", "graph", this.svg, this.top,
			make("span", "axis", "10 min ago"), make("span", "axis to", "now"));
		this.graph.tabIndex = 0;
		this.graph.setAttribute("role", "img");
		this.card = make("section", "card", title, this.value, this.sub, this.graph);
		byId("charts").append(this.card);
	}

	path(name) {
		const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
		path.setAttribute("class", name);
		this.svg.append(path);
		return path;
	}

	/* A point is looked at by the pointer, or by the arrow keys. */
	listen() {
		this.graph.addEventListener("pointermove", e => {
			const box = this.graph.getBoundingClientRect();
			this.look(this.points.nearest((e.clientX - box.left) / box.width));
		});
		for (const left of ["pointerleave", "blur"])
			this.graph.addEventListener(left, () => this.look(null));
		this.graph.addEventListener("keydown", e => {
			const step = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
			const last = this.points.count() - 1;
			if (!step || last < 0)
				return;
			e.preventDefault();
			this.look(Math.min(last, Math.max(0, (this.at ?? last) + step)));
		});
	}

	look(at) {
		this.at = at;
		this.draw();
	}

	say(i) {
		const { columns, names, format } = this.spec;
		return columns.map((column, k) => {
			const value = this.points.value(column, i);
			return (names ? names[k] + " " : "") +
				(value === null ? "–" : format(value));
		}).join(", ");
	}

	draw() {
		const { columns, format } = this.spec;
		const max = Math.max(...columns.map(c => this.points.max(c)));
		const { top, height } = scale(max, this.spec);
		columns.forEach((column, i) => this.lines[i].setAttribute(
			"d", this.points.path(column, height, false)));
		this.area.setAttribute("d", this.points.path(columns[0], height, true));
		const at = this.at !== null && this.at < this.points.count() ? this.at : null;
		const x = at === null ? 0 : this.points.x(at);
		this.cursor.setAttribute("d", at === null ? "" : `M${x} 0V72`);
		setText(this.top, at === null ? (max > 0 ? format(top) : "")
			: `${clock(this.points.time(at))}  ${this.say(at)}`);
		this.describe(max);
	}

	describe(max) {
		const last = this.points.count() - 1;
		const text = last < 0 ? "nothing yet"
			: `now ${this.say(last)}, at most ${max > 0 ? this.spec.format(max) : 0}`;
		this.graph.setAttribute("aria-label",
			`${this.spec.title} in the last ten minutes: ${text}`);
	}

	show(status) {
		const [value, unit] = this.spec.value(status);
		setText(this.value.lastChild, unit);
		if (this.value.firstChild.data !== value)
			this.value.firstChild.data = value;
		setText(this.sub, this.spec.sub(status));
		this.draw();
	}
}

/* The last ten minutes: columns of one length, as /api/graphs has them. */
class Points {
	constructor() {
		this.forget();
	}

	forget() {
		this.columns = { time_ms: [] };
		this.next = null;
	}

	add(answer) {
		for (const [key, values] of Object.entries(answer))
			if (Array.isArray(values))
				this.columns[key] = [...(this.columns[key] ?? []), ...values].slice(-300);
		this.interval = answer.interval_ms;
		this.next = answer.next;
	}

	count() { return this.columns.time_ms.length; }
	time(i) { return this.columns.time_ms[i]; }
	value(column, i) { return this.columns[column][i]; }

	max(column) {
		return Math.max(0, ...(this.columns[column] ?? []).map(v => v ?? 0));
	}

	/* From 0, ten minutes ago, to 600, the last point. */
	x(i) {
		const past = this.time(this.count() - 1) - this.time(i);
		return Math.round((1 - past / SPAN_MS) * 6000) / 10;
	}

	nearest(part) {
		let best = null;
		for (let i = 0; i < this.count(); i++)
			if (best === null ||
			    Math.abs(this.x(i) - part * 600) < Math.abs(this.x(best) - part * 600))
				best = i;
		return best;
	}

	/* A line, or the area below it; where there was nothing it is broken. */
	path(column, height, isArea) {
		let d = "", begin = null, before = null;
		for (let i = 0; i < this.count(); i++) {
			const value = this.value(column, i);
			const isBroken = before === null ||
				this.time(i) - this.time(before) > 3 * this.interval;
			if (before !== null && (value === null || isBroken)) {
				d += isArea ? `V72H${begin}Z` : "";
				before = null;
			}
			if (value === null)
				continue;
			const x = this.x(i), y = Math.round((1 - height(value)) * 720) / 10;
			d += before === null ? `M${x} ${y}L${x} ${y}` : `L${x} ${y}`;
			if (before === null)
				begin = x;
			before = i;
		}
		return d + (isArea && before !== null ? `V72H${begin}Z` : "");
	}
}

const points = new Points();
const charts = CHARTS.map(spec => new Chart(spec, points));
