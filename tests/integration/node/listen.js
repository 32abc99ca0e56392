// Print what a WebSocket gets, one JSON value a line: the extensions that were
// agreed on, then each message, as text or as [bytes in hex].
const WebSocket = require("ws");

const [, , url, options] = process.argv;
const socket = new WebSocket(url, {
	perMessageDeflate: JSON.parse(options || "true"),
});
const say = value => console.log(JSON.stringify(value));

socket.on("open", () => {
	say(socket.extensions);
	socket.send("x".repeat(2000)); // deflated, where that was agreed on
});
socket.on("message", (data, isBinary) =>
	say(isBinary ? [data.toString("hex")] : data.toString()));
socket.on("close", code => say({ code }));
socket.on("error", error => say({ error: error.message }));
