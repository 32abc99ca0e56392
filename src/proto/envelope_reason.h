/*
 * envelope_reason: why a payload is dropped, be it an envelope or a control
 * command. One table gives the enum, the metric's label and the log's text.
 */
#ifndef PROTO_ENVELOPE_REASON_H
#define PROTO_ENVELOPE_REASON_H

#include <stddef.h>

#include "base/slice.h"

/* Id, label of the metric, text of the log line. */
#define ENVELOPE_REASONS(X)                                                 \
	X(EMPTY, "empty", "the payload is empty")                           \
	X(JSON, "json", "malformed JSON")                                   \
	X(UTF8, "utf8", "not valid UTF-8")                                  \
	X(DEPTH, "depth", "nested too deep")                                \
	X(NOT_OBJECT, "not_object", "not a JSON object")                    \
	X(UNKNOWN_KEY, "unknown_key", "unknown key")                        \
	X(DUPLICATE_KEY, "duplicate_key", "the same key twice")             \
	X(TYPE, "type", "a value of the wrong type")                        \
	X(NO_TARGET, "no_target", "no target")                              \
	X(NO_CONTENT, "no_content", "no message, text or binary")           \
	X(TWO_CONTENTS, "two_contents",                                     \
	    "more than one of message, text and binary")                    \
	X(ROOM_NAME, "room_name", "a room name that is not allowed")        \
	X(USER_NAME, "user_name", "a user name that is not allowed")        \
	X(CONNECTION_ID, "connection_id", "what cannot be a connection id") \
	X(MESSAGE_ID, "message_id", "what cannot be a message's id")        \
	X(SURROGATE, "surrogate", "a lone surrogate in a string")           \
	X(BASE64, "base64", "binary is not base64")                         \
	X(COMMAND, "command", "no command, or an unknown one")              \
	X(NO_ROOMS, "no_rooms", "no rooms to join or leave")                \
	X(TOO_MANY, "too_many", "too many names")                           \
	X(CLOSE_CODE, "close_code",                                         \
	    "a close code other than 1000 or 4000 to 4999")                 \
	X(CLOSE_REASON, "close_reason", "a close reason over 123 bytes")    \
	X(TOO_BIG, "too_big", "larger than limits.payload")                 \
	X(MEMORY, "memory", "out of memory")

enum envelope_reason {
	ENVELOPE_OK,
#define X(id, label, text) ENVELOPE_##id,
	ENVELOPE_REASONS(X)
#undef X
	    ENVELOPE_REASON_COUNT
};

/* The part of a payload that is to blame, as far as that is known. */
struct envelope_fault {
	enum envelope_reason reason;
	size_t offset;        /* the byte of the payload where it shows */
	struct slice key;     /* as in the payload; empty: no key's fault */
	const char *expected; /* what would be right there, or NULL */
	const char *meant;    /* the known word that is near, or NULL */
};

enum { ENVELOPE_FAULT_TEXT_MAX = 256 };

/* Rules for names, as proto/names judges them. */
#define ENVELOPE_ROOM_RULE \
	"1 to 255 bytes without control characters and commas"
#define ENVELOPE_MESSAGE_RULE "1 to 64 characters of A-Z a-z 0-9 . _ ~ -"
#define ENVELOPE_USER_RULE    "1 to 255 bytes without control characters"

/*
 * Tell the fault in one line of printable ASCII: malformed JSON at byte 9;
 * unknown key 'room' at byte 1; did you mean rooms?
 */
void envelope_fault_print(
    const struct envelope_fault *f, char out[ENVELOPE_FAULT_TEXT_MAX]);

/* The label of a reason, as metrics and the log have it: "json". */
const char *envelope_reason_label(enum envelope_reason reason);

#endif
