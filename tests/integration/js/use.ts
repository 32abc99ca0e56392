// What the types allow, and what they do not. Only compiled.
import { connect, type Client, type Options } from "roomcast-client";
import WebSocket from "ws";

interface Kinds {
	"chat.message": { text: string };
	typing: { user: number };
}

const options: Options = {
	WebSocket,
	token: async isRefused => (isRefused ? "new" : "old"),
	was: ["tab-1"],
	transport: "sse",
	closed: (code, reason, usual) => (code === 4001 ? "again" : usual),
	state: (state, { code, wait }) => [state, code, wait],
	gap: id => id.length,
};
const client: Client<Kinds> = connect<Kinds>("/ws/lobby", options);
const off: () => void = client.on("chat.message", ({ text }, { id }) => text + id);
client.on("typing", ({ user }) => user + 1);
client.on("*", (message, { data }) => [message.anything, data.length]);
off();
connect(new URL("ws://127.0.0.1/"), { WebSocket: globalThis.WebSocket })
	.on("any", message => message.field);

// @ts-expect-error: no such kind
client.on("chat.mesage", () => {});
// @ts-expect-error: no such field
client.on("typing", ({ name }) => name);
// @ts-expect-error: it is the client's
client.since = "1";
// @ts-expect-error: no such action
connect("/", { closed: () => "retry" });
// @ts-expect-error: no such option
connect("/", { tokn: () => "" });
