/*
 * envelope: from a publisher's payload to targets and content.
 *
 * Two forms come through channels.send (design, "The publisher's side"): a
 * JSON object {"rooms": [...], "message" | "text" | "binary": ...}, and the
 * room-list form "a,b" NUL content. A payload with a NUL byte anywhere is the
 * latter: JSON text never holds one. The message member is given out as the
 * very bytes of the payload, so it is checked as JSON (RFC 8259) but never
 * parsed into values.
 */
#ifndef PROTO_ENVELOPE_H
#define PROTO_ENVELOPE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"

/* Why a payload is dropped: id, label of the metric, text of the log line. */
#define ENVELOPE_REASONS(X)                                                  \
	X(EMPTY, "empty", "the payload is empty")                            \
	X(JSON, "json", "malformed JSON")                                    \
	X(UTF8, "utf8", "not valid UTF-8")                                   \
	X(DEPTH, "depth", "nested too deep")                                 \
	X(NOT_OBJECT, "not_object", "neither a JSON object nor a room list") \
	X(UNKNOWN_KEY, "unknown_key", "unknown key")                         \
	X(DUPLICATE_KEY, "duplicate_key", "the same key twice")              \
	X(TYPE, "type", "a value of the wrong type")                         \
	X(NO_TARGET, "no_target", "no target")                               \
	X(NO_CONTENT, "no_content", "no message, text or binary")            \
	X(TWO_CONTENTS, "two_contents",                                      \
	    "more than one of message, text and binary")                     \
	X(ROOM_NAME, "room_name", "a room name that is not allowed")         \
	X(SURROGATE, "surrogate", "a lone surrogate in a string")            \
	X(BASE64, "base64", "binary is not base64")                          \
	X(TOO_BIG, "too_big", "larger than limits.payload")                  \
	X(MEMORY, "memory", "out of memory")

enum envelope_reason {
	ENVELOPE_OK,
#define X(id, label, text) ENVELOPE_##id,
	ENVELOPE_REASONS(X)
#undef X
	    ENVELOPE_REASON_COUNT
};

enum target_kind {
	TARGET_ROOM, /* users, connections and except come later */
};

struct target {
	enum target_kind kind;
	struct slice name; /* into the payload, or into scratch */
};

enum content_kind {
	CONTENT_ANY,    /* text when it is UTF-8, else binary */
	CONTENT_TEXT,   /* known to be UTF-8 */
	CONTENT_BINARY, /* to be sent as binary whatever it is */
};

/*
 * Reused from payload to payload, so that a usual one allocates nothing.
 * Zero-initialised is valid.
 */
struct envelope {
	struct target *targets; /* owned array, target_count used */
	size_t target_count;
	size_t target_cap;
	struct slice content; /* into the payload, or into scratch */
	enum content_kind kind;
	struct buf scratch; /* decoded strings */
};

/*
 * Parse a payload of channels.send. Returns ENVELOPE_OK, or the reason with
 * *offset the byte of the payload where it shows. The slices in e are valid
 * until the payload is gone or e is used again. One thread for each e.
 */
enum envelope_reason envelope_parse(
    struct envelope *e, struct slice payload, size_t *offset);

void envelope_fini(struct envelope *e);

/* The label ("json") and the text ("malformed JSON") of a reason. */
const char *envelope_reason_label(enum envelope_reason reason);
const char *envelope_reason_text(enum envelope_reason reason);

#endif
