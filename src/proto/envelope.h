/*
 * envelope: from a publisher's payload to targets and content.
 *
 * Two forms come through channels.send (docs/publishing.md): a JSON object
 * {"rooms" | "users" | "connections": [...], "except": [...], "message" |
 * "text" | "binary": ...}, and the room-list form "a,b" NUL content. A payload
 * with a NUL byte anywhere is the latter: JSON text never holds one. The
 * message member is given out as the very bytes of the payload, so it is
 * checked as JSON (RFC 8259) but never parsed into values.
 */
#ifndef PROTO_ENVELOPE_H
#define PROTO_ENVELOPE_H

#include <stddef.h>

#include "base/slice.h"
#include "proto/envelope_reason.h"
#include "proto/object.h"

enum content_kind {
	CONTENT_ANY,    /* text when it is UTF-8, else binary */
	CONTENT_TEXT,   /* known to be UTF-8 */
	CONTENT_BINARY, /* to be sent as binary whatever it is */
};

/*
 * A parsed payload, reused for the next one, so that a usual one allocates
 * nothing. Zero-initialised is valid.
 */
struct envelope {
	struct object_store store; /* store.targets: at least one, in order */
	struct slice content;      /* into the payload, or into scratch */
	enum content_kind kind;
	bool keep; /* for who comes back later */
};

/*
 * Parse a payload of channels.send. Returns ENVELOPE_OK, or the reason with
 * *offset the byte of the payload where it shows. The slices in e are valid
 * until the payload is gone or e is used again. One thread for each e.
 */
enum envelope_reason envelope_parse(
    struct envelope *e, struct slice payload, size_t *offset);

void envelope_fini(struct envelope *e);

#endif
