// The gateway of the tests: the real one, on ports that the caller has chosen.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";

const { ROOMCAST_BIN, GATEWAY_PORT, PUBLISH_PORT, FOLDER } = process.env;

export const SECRET = "a secret of the tests, of 32 bytes or more";

export const url = (path = "/ws/lobby", port = GATEWAY_PORT) =>
	`ws://127.0.0.1:${port}${path}`;

export class Gateway {
	constructor(sections) {
		this.path = join(FOLDER, "roomcast.yaml");
		writeFileSync(join(FOLDER, "secret"), SECRET);
		writeFileSync(this.path, JSON.stringify({
			listen: [{ address: `127.0.0.1:${GATEWAY_PORT}` }],
			backend: "embedded",
			embedded: { listen: `127.0.0.1:${PUBLISH_PORT}` },
			history: {},
			shutdown: { drain: "100ms" },
			limits: { handshake_timeout: "1m" },
			...sections,
		}));
	}

	async start() {
		this.process = spawn(ROOMCAST_BIN, ["-c", this.path],
			{ stdio: ["ignore", "ignore", "pipe"] });
		const lines = createInterface(this.process.stderr);
		const log = [];
		await new Promise((resolve, reject) => {
			lines.on("line", line => {
				log.push(line);
				if (line.includes(" main: started")) resolve();
			});
			this.process.on("exit", () => reject(new Error(log.join("\n"))));
		});
		return this;
	}

	async end(signal) {
		const hasEnded = new Promise(resolve => this.process.on("exit", resolve));
		this.process.kill(signal);
		await hasEnded;
		this.publisher?.destroy();
		this.publisher = undefined;
	}

	// The answers, once all are there.
	async publish(...messages) {
		this.publisher ??= net.connect(PUBLISH_PORT, "127.0.0.1");
		const bytes = messages.flatMap(([channel, payload]) =>
			["*3\r\n", ...["PUBLISH", channel, payload].flatMap(word =>
				[`$${Buffer.byteLength(word)}\r\n`, word, "\r\n"])]);
		this.publisher.write(Buffer.concat(bytes.map(part => Buffer.from(part))));
		let text = "";
		while (text.split("\r\n").length <= messages.length)
			text += await new Promise(resolve =>
				this.publisher.once("data", resolve));
		return text.trim().split("\r\n");
	}

	room(...payloads) {
		return this.publish(...payloads.map(x => ["roomcast:room:lobby", x]));
	}

	send(envelope) {
		return this.publish(["roomcast:send", JSON.stringify(envelope)]);
	}

	control(command) {
		return this.publish(["roomcast:control", JSON.stringify(command)]);
	}
}
