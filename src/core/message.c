#include "core/message.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "proto/frame.h"

_Static_assert(MESSAGE_WINDOWS <= 8, "struct message.places: 4 bits a window");

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

/* What the deflated payloads take, and how many there are. */
static size_t measure(
    const struct slice *deflated, struct kinds kinds, unsigned *count)
{
	size_t bytes = 0;

	*count = 0;
	for (unsigned i = 1; deflated && i < MESSAGE_WINDOWS; i++) {
		if (deflated[i].len == 0)
			continue;
		bytes += frames_size(deflated[i], kinds);
		++*count;
	}
	return bytes;
}

static void put_deflated(struct message *m, const struct slice *deflated,
    struct kinds kinds, char *out)
{
	uint32_t place = 0;

	for (unsigned i = 1; deflated && i < MESSAGE_WINDOWS; i++) {
		if (deflated[i].len == 0)
			continue;
		m->places |= ++place << 4 * i;
		out = put_frames(
		    m->frames[place], FRAME_RSV1, deflated[i], kinds, out);
	}
}

struct message *message_new(struct slice content, enum content_kind kind,
    unsigned kinds, const struct slice deflated[MESSAGE_WINDOWS],
    const struct aim *aim, uint32_t refs)
{
	struct kinds chosen = choose_kinds(content, kind, kinds);
	unsigned count;
	size_t frames =
	    measure(deflated, chosen, &count) + frames_size(content, chosen);
	size_t size = aim_size(aim) + frames;
	struct message *m;
	char *out;

	size += sizeof *m + (1 + count) * sizeof m->frames[0];
	m = try_alloc(size);
	if (!m)
		return NULL;
	atomic_init(&m->refs, refs);
	m->bytes = size + MEM_BLOCK_COST;
	m->extra = m->bytes - frames;
	m->places = 0;
	out = aim_copy(&m->aim, aim, (char *)m->frames[1 + count]);
	out = put_frames(m->frames[0], 0, content, chosen, out);
	put_deflated(m, deflated, chosen, out);
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
