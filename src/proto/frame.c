#include "proto/frame.h"

#include <assert.h>
#include <string.h>

enum { FIN = 0x80 };

size_t frame_put_head(unsigned opcode, size_t payload, unsigned char *out)
{
	size_t size = frame_head_size(payload);

	out[0] = (unsigned char)(FIN | opcode);
	if (size == 2) {
		out[1] = (unsigned char)payload;
		return size;
	}
	out[1] = size == 4 ? 126 : 127;
	for (size_t i = size; i > 2; i--) {
		out[i - 1] = (unsigned char)(payload & 0xff);
		payload >>= 8;
	}
	return size;
}

size_t frame_put_ping(
    struct slice payload, unsigned char out[FRAME_CONTROL_MAX])
{
	size_t head = frame_put_head(FRAME_PING, payload.len, out);

	assert(payload.len <= 125);
	if (payload.len > 0)
		memcpy(out + head, payload.ptr, payload.len);
	return head + payload.len;
}

size_t frame_put_close(
    uint16_t code, struct slice reason, unsigned char out[FRAME_CONTROL_MAX])
{
	size_t len =
	    reason.len < FRAME_REASON_MAX ? reason.len : FRAME_REASON_MAX;

	(void)frame_put_head(FRAME_CLOSE, 2 + len, out);
	out[2] = (unsigned char)(code >> 8);
	out[3] = (unsigned char)(code & 0xff);
	if (len > 0)
		memcpy(out + 4, reason.ptr, len);
	return 4 + len;
}
