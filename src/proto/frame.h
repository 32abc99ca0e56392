/*
 * frame: the head of an unmasked WebSocket frame, and whole control frames
 * (RFC 6455, section 5.2 and 5.5). Only what a server sends.
 */
#ifndef PROTO_FRAME_H
#define PROTO_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

enum frame_opcode {
	FRAME_TEXT = 0x1,
	FRAME_BINARY = 0x2,
	FRAME_CLOSE = 0x8,
	FRAME_PING = 0x9,
	FRAME_PONG = 0xa,
};

enum {
	FRAME_RSV1 = 0x40, /* beside an opcode: the payload is deflated */
	FRAME_HEAD_MAX = 10,
	FRAME_CONTROL_MAX = 127, /* head and 125 bytes of payload */
	FRAME_REASON_MAX = 123,  /* of a close frame, behind the code */
};

/* How many bytes the head of a frame with this payload takes: 2, 4 or 10. */
static inline size_t frame_head_size(size_t payload)
{
	return payload < 126 ? 2 : payload < 65536 ? 4 : 10;
}

/*
 * Write the head of a final frame; returns frame_head_size(payload). opcode is
 * an enum frame_opcode, of data with FRAME_RSV1 or without.
 */
size_t frame_put_head(unsigned opcode, size_t payload, unsigned char *out);

/* Write a whole ping with up to 125 bytes of payload; returns its size. */
size_t frame_put_ping(
    struct slice payload, unsigned char out[FRAME_CONTROL_MAX]);

/*
 * Write a whole close frame; a reason over FRAME_REASON_MAX bytes is cut (it
 * is ASCII of ours). Returns its size.
 */
size_t frame_put_close(
    uint16_t code, struct slice reason, unsigned char out[FRAME_CONTROL_MAX]);

#endif
