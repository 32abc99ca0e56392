/** What a page does with a close code: docs/clients.md, roomcast.js. */
export type Action =
	/** Come back, ever later after each failure. */
	| "again"
	/** The same, but the first pause is ten times as long. */
	| "later"
	/** Come back within the first pause with a new token; then as "again". */
	| "token"
	/** Stay away, until start() is called. */
	| "stop";

export type State = "connecting" | "open" | "waiting" | "stopped";

export interface Why {
	/** The close code; 1006 where there was none, 4000 + status by SSE, where
	 * all from 500 on are 4503. */
	code?: number;
	reason?: string;
	/** Milliseconds until the next connect. */
	wait?: number;
}

export interface About {
	/** The cursor of this message; "" for what is not kept. */
	id: string;
	/** What `kind` gave. */
	kind: unknown;
	/** The payload as it came. */
	data: string | Uint8Array;
}

/** Any class with the interface of a browser's WebSocket, as of `ws`. */
export type WebSocketClass = new (
	url: URL, protocols: string[]) => {
		binaryType: any;
		onopen: any;
		onmessage: any;
		onclose: any;
		onerror: any;
		close(): void;
	};

export interface Options {
	/**
	 * Gives a token, called before each connect. `isRefused` is true when the
	 * last one was refused or has expired: take none from a cache then.
	 */
	token?: (isRefused: boolean) =>
		string | null | undefined | Promise<string | null | undefined>;
	/**
	 * The query parameter for the token. Without, it goes in the subprotocol
	 * `roomcast.jwt`, or in the header Authorization of an event stream.
	 */
	tokenQuery?: string;
	/** The cursor of the state that the page has; "" is from now on. */
	since?: string;
	/** False for a route without `resume`: no ids, each way back is a gap. */
	resume?: boolean;
	/** How many of the last messages come first, where there is no cursor. */
	history?: number;
	/** Names for `except` that the page has made up, up to four. */
	was?: string | string[];
	/** By default a WebSocket, and events where none has ever opened. */
	transport?: "websocket" | "sse";
	/** In place of the global one, where there is none (Node.js before 22). */
	WebSocket?: WebSocketClass;
	/** Whether an event stream of another origin gets cookies. */
	credentials?: "omit" | "same-origin" | "include";
	/**
	 * Milliseconds without a frame after which a connection with ids is dead:
	 * 60000, above twice the gateway's keepalive.ping_interval. 0 is never.
	 */
	silence?: number;
	/** Milliseconds of the first pause, 1000; it doubles with each failure. */
	pause?: number;
	/** Its end, 30000. */
	maxPause?: number;
	/** The kind of a message: by default its MESSAGE_ID or its type. */
	kind?: (message: any) => unknown;
	/** Messages up to `id` may be missing: fetch the state. */
	gap?: (id: string) => unknown;
	/** Each change of the state, and why it waits or has stopped. */
	state?: (state: State, why: Why) => unknown;
	/** Decides what a close code means; undefined is `usual`. */
	closed?: (code: number, reason: string, usual: Action) =>
		Action | undefined | void;
	/** What handlers threw, and failed tokens; by default reportError. */
	error?: (error: unknown) => unknown;
}

export interface Client<Kinds = Record<string, any>> {
	/** Calls handler with each message of a kind; the answer ends that. */
	on<Kind extends keyof Kinds & string>(kind: Kind,
		handler: (message: Kinds[Kind], about: About) => unknown): () => void;
	/** With each message, whatever its kind. */
	on(kind: "*", handler: (message: any, about: About) => unknown): () => void;
	/** Connects, where it has stopped, with the cursor that it has. */
	start(): void;
	stop(): void;
	/** The cursor: all before it has been handled, or told as a gap. */
	readonly since: string;
	readonly state: State;
	/** The newest id of the connection, where the route has `welcome`. */
	readonly connection: string | undefined;
}

/**
 * Connects, and stays connected until stop().
 *
 * @param url ws:, wss:, http: or https:, or relative to the page.
 * @throws {TypeError} for what is no URL.
 */
export function connect<Kinds = Record<string, any>>(
	url: string | URL, options?: Options): Client<Kinds>;
