#include "core/message.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "proto/frame.h"

/* Which kinds of frames a message has. */
struct kinds {
	bool text, binary;
};

static bool is_text(struct slice content, enum content_kind kind)
{
	return kind == CONTENT_TEXT ||
	       (kind == CONTENT_ANY && utf8_is_valid(content, NULL));
}

/* What is not UTF-8 is the same binary frame in both. */
static struct kinds choose_kinds(
    struct slice content, enum content_kind kind, unsigned asked)
{
	bool text = (asked & 1u << MESSAGE_AS_TEXT) && is_text(content, kind);
	bool binary = (asked & 1u << MESSAGE_AS_BINARY) || !text;

	return (struct kinds){ text, binary };
}

static size_t frames_size(struct slice payload, struct kinds kinds)
{
	size_t size = frame_head_size(payload.len) + payload.len;

	return ((size_t)kinds.text + (size_t)kinds.binary) * size;
}

static char *put_frame(
    struct slice *frame, unsigned opcode, struct slice payload, char *out)
{
	size_t head = frame_put_head(opcode, payload.len, (unsigned char *)out);

	if (payload.len > 0)
		memcpy(out + head, payload.ptr, payload.len);
	*frame = slice_of(out, head + payload.len);
	return out + frame->len;
}

/* The frames of one payload. A kind that nobody asks for shares the other's. */
static char *put_frames(struct slice frames[MESSAGE_KINDS], unsigned flags,
    struct slice payload, struct kinds kinds, char *out)
{
	struct slice *text = &frames[MESSAGE_AS_TEXT];
	struct slice *binary = &frames[MESSAGE_AS_BINARY];

	if (kinds.binary)
		out = put_frame(binary, FRAME_BINARY | flags, payload, out);
	if (kinds.text)
		out = put_frame(text, FRAME_TEXT | flags, payload, out);
	else
		*text = *binary;
	if (!kinds.binary)
		*binary = *text;
	return out;
}

struct message *message_new(struct slice content, enum content_kind kind,
    unsigned kinds, struct slice deflated, const struct aim *aim, uint32_t refs)
{
	struct kinds chosen = choose_kinds(content, kind, kinds);
	bool is_deflated = deflated.len > 0;
	unsigned count = is_deflated ? MESSAGE_FORMS : MESSAGE_KINDS;
	size_t frames = frames_size(content, chosen);
	struct message *m;
	size_t size;
	char *out;

	if (is_deflated)
		frames += frames_size(deflated, chosen);
	size = sizeof *m + count * sizeof m->frames[0] + aim_size(aim) + frames;
	m = try_alloc(size);
	if (!m)
		return NULL;
	atomic_init(&m->refs, refs);
	m->bytes = size + MEM_BLOCK_COST;
	m->extra = m->bytes - frames;
	m->form_mask = (uint8_t)(count - 1);
	out = aim_copy(&m->aim, aim, (char *)&m->frames[count]);
	out = put_frames(m->frames, 0, content, chosen, out);
	if (is_deflated)
		(void)put_frames(&m->frames[MESSAGE_DEFLATED], FRAME_RSV1,
		    deflated, chosen, out);
	return m;
}

size_t message_unref(struct message *m)
{
	size_t bytes = m->bytes;

	if (atomic_fetch_sub_explicit(&m->refs, 1, memory_order_acq_rel) > 1)
		return 0;
	free(m);
	return bytes;
}
