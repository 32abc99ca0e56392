/*
 * control: from a payload of channels.control to a command on connections.
 *
 * One JSON object, of one of these forms:
 *
 *     {"command": "join" | "leave", "users" | "connections": [...],
 *      "rooms": [...]}                   rooms: where to
 *     {"command": "disconnect", "rooms" | "users" | "connections": [...],
 *      "code": 4001, "reason": "..."}    rooms: whom
 *     {"command": "forget", "ids" | "rooms": [...]}    what is kept
 *
 * code is 1000 or 4000 to 4999 (4000 when it is not given), reason up to 123
 * bytes: what a close frame may say on behalf of an app. The keys may stand
 * in any order; what does not belong to the command is an unknown key.
 */
#ifndef PROTO_CONTROL_H
#define PROTO_CONTROL_H

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "proto/envelope_reason.h"
#include "proto/frame.h"
#include "proto/object.h"

enum control_command {
	CONTROL_JOIN,
	CONTROL_LEAVE,
	CONTROL_DISCONNECT,
	CONTROL_FORGET, /* of the history: it moves nobody */
};

enum {
	CONTROL_CODE_DEFAULT = 4000,
	CONTROL_REASON_MAX = FRAME_REASON_MAX,
	CONTROL_FORGET_MAX = 1000, /* ids and rooms of one command */
};

/* A parsed payload, reused for the next one. Zero-initialised is valid. */
struct control {
	struct object_store store; /* store.targets: of all kinds but EXCEPT */
	enum control_command command;
	uint16_t code;       /* of a disconnect */
	struct slice reason; /* of a disconnect; into payload or scratch */
};

/*
 * Parse a payload of channels.control. Returns ENVELOPE_OK, or the reason
 * with *offset the byte of the payload where it shows. The slices in c are
 * valid until the payload is gone or c is used again. One thread for each c.
 */
enum envelope_reason control_parse(
    struct control *c, struct slice payload, size_t *offset);

void control_fini(struct control *c);

#endif
