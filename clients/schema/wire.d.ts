/* What goes over the wire, from clients/schema/*.json by `make docs`. */

/**
 * The id of a connection, or in except also what a client says that it was
 * called: 1 to 64 of printable ASCII.
 */
export type ConnectionId = string;

/**
 * 1 to 255 bytes without control characters; a whole number is the name that
 * it is spelt as.
 */
export type UserName = string | number;

/**
 * 1 to 255 bytes without control characters and commas; a whole number is the
 * name that it is spelt as.
 */
export type RoomName = string | number;

/**
 * The id of a message, as clients see it or as XADD has answered it, and a
 * cursor: 1 to 64 of A-Z a-z 0-9 . _ ~ -
 */
export type MessageId = string;

/**
 * What is kept for these rooms, and the messages of these ids, are kept no
 * more.
 */
export type Forget = {
  command: "forget";
  ids?: MessageId[];
  rooms?: RoomName[];
}
  & (
    | { ids: MessageId[] }
    | { rooms: RoomName[] }
  );

/**
 * These connections are closed, behind what was published before.
 */
export type Disconnect = {
  command: "disconnect";
  users?: UserName[];
  connections?: ConnectionId[];
  rooms?: RoomName[];
  /**
   * The code of the close frame.
   */
  code?: number;
  /**
   * The reason in the close frame: up to 123 bytes.
   */
  reason?: string;
}
  & (
    | { users: UserName[] }
    | { connections: ConnectionId[] }
    | { rooms: RoomName[] }
  );

/**
 * These connections are no members of these rooms from here on.
 */
export type Leave = {
  command: "leave";
  users?: UserName[];
  connections?: ConnectionId[];
  rooms: RoomName[];
}
  & (
    | { users: UserName[] }
    | { connections: ConnectionId[] }
  );

/**
 * These connections are members of these rooms from here on.
 */
export type Join = {
  command: "join";
  users?: UserName[];
  connections?: ConnectionId[];
  rooms: RoomName[];
}
  & (
    | { users: UserName[] }
    | { connections: ConnectionId[] }
  );

/**
 * What a connection is told first on a route with welcome: true. Members may
 * be added.
 */
export type Welcome = {
  type: "roomcast.welcome";
  connection: ConnectionId;
};

/**
 * Without ids, where redis.on_gap is notify and the route has a welcome:
 * messages may be missing. Members may be added.
 */
export type GapNote = {
  type: "roomcast.gap";
};

/**
 * at: nothing was missed up to here; gap: messages up to here may be missing;
 * welcome: the JSON of the welcome is behind the line.
 */
export type NoteWord = "at" | "gap" | "welcome";

/**
 * The first line of each frame of a client that goes by ids, without its line
 * feed: the id of a message, or nothing for one that is not kept; or the id, a
 * blank and the word of a note. Clients ignore words that they do not know.
 */
export type FirstLine = string;

/**
 * A payload of channels.send as JSON: whom a message is for, and what it is. A
 * payload that this schema refuses is dropped by the gateway, and one that it
 * takes is delivered, but for what no schema can say: names count in bytes of
 * UTF-8 and numbers in their digits, 255 at most; a whole number is spelt as
 * one, not 1.0 or 1e3; no key stands twice; brackets in message nest up to 128
 * deep; names and text hold no lone surrogate; the payload has up to
 * limits.payload bytes.
 */
export type Envelope = {
  /**
   * Members of these rooms get it.
   */
  rooms?: RoomName[];
  /**
   * All connections of these users get it.
   */
  users?: UserName[];
  /**
   * These connections get it.
   */
  connections?: ConnectionId[];
  /**
   * These connections do not get it, whatever names them.
   */
  except?: ConnectionId[];
  /**
   * false: it is not kept for clients that come back, and has no id.
   */
  keep?: boolean;
}
  & (
    | { rooms: RoomName[] }
    | { users: UserName[] }
    | { connections: ConnectionId[] }
  )
  & (
    | { message: unknown; text?: never; binary?: never }
    | { text: string; message?: never; binary?: never }
    | { binary: string; message?: never; text?: never }
  );

/**
 * A payload of channels.control: what is to be done with live connections, or
 * with what is kept. A payload that this schema refuses is dropped by the
 * gateway, and one that it takes is carried out, but for what no schema can
 * say: names count in bytes of UTF-8 and numbers in their digits, 255 at most,
 * and a reason in bytes, 123 at most; a whole number is spelt as one, not
 * 4000.0 or 4e3; no key stands twice; names and reason hold no lone surrogate;
 * a forget has up to 1,000 ids and rooms together; the payload has up to
 * limits.payload bytes.
 */
export type Command = Join | Leave | Disconnect | Forget;
