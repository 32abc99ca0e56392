// What clients/schema/wire.d.ts allows a publisher to write and a reader to
// take, and what it does not. Only compiled.
import type {
	Command, Disconnect, Envelope, Forget, GapNote, Join, NoteWord, Welcome,
} from "./wire.js";

export const good: Envelope[] = [
	{ rooms: ["lobby", 42], message: { text: "hi" } },
	{ users: ["ann"], text: "" },
	{ connections: ["c"], binary: "QQ==", except: ["d"], keep: false },
	{ rooms: ["a"], users: [7], connections: ["c"], message: null },
];
export const commands: Command[] = [
	{ command: "join", users: ["ann"], rooms: ["vip"] },
	{ command: "leave", connections: ["c"], rooms: ["vip"] },
	{ command: "disconnect", rooms: ["lobby"], code: 4000, reason: "bye" },
	{ command: "forget", ids: ["1-0"] },
];

// Which command it is, a switch tells.
export function names(command: Command): readonly unknown[] {
	switch (command.command) {
	case "forget":
		return command.ids ?? command.rooms ?? [];
	case "disconnect":
		return [command.code, command.reason?.length];
	default:
		return command.rooms;
	}
}

export function read(note: Welcome | GapNote, word: NoteWord): string {
	if (note.type === "roomcast.welcome")
		return note.connection;
	const words: Record<NoteWord, string> = { at: "", gap: "refetch", welcome: "" };
	return words[word];
}

// @ts-expect-error: to nobody
export const nobody: Envelope = { text: "hi" };
// @ts-expect-error: nothing
export const nothing: Envelope = { rooms: ["a"] };
// @ts-expect-error: two contents
export const two: Envelope = { rooms: ["a"], text: "hi", message: 1 };
// @ts-expect-error: no such key
export const odd: Envelope = { rooms: ["a"], text: "hi", room: "b" };
// @ts-expect-error: a room has a name
export const room: Envelope = { rooms: [true], text: "hi" };
// @ts-expect-error: keep is no text
export const keep: Envelope = { rooms: ["a"], text: "hi", keep: "no" };
// @ts-expect-error: nobody joins
export const join: Join = { command: "join", rooms: ["a"] };
// @ts-expect-error: another command
export const leave: Join = { command: "leave", users: ["a"], rooms: ["a"] };
// @ts-expect-error: nothing is forgotten
export const forget: Forget = { command: "forget" };
// @ts-expect-error: a code is a number
export const code: Disconnect = { command: "disconnect", users: ["a"], code: "1" };
// @ts-expect-error: no such word
export const word: NoteWord = "news";
