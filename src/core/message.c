#include "core/message.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "proto/frame.h"

static bool is_text(struct slice content, enum content_kind kind)
{
	return kind == CONTENT_TEXT ||
	       (kind == CONTENT_ANY && utf8_is_valid(content, NULL));
}

static char *put_frame(struct slice *frame, enum frame_opcode opcode,
    struct slice content, char *out)
{
	size_t head = frame_put_head(opcode, content.len, (unsigned char *)out);

	if (content.len > 0)
		memcpy(out + head, content.ptr, content.len);
	*frame = slice_of(out, head + content.len);
	return out + frame->len;
}

struct message *message_new(struct slice content, enum content_kind kind,
    unsigned forms, const struct aim *aim, uint32_t refs)
{
	const unsigned text = 1u << MESSAGE_AS_TEXT;
	const unsigned binary = 1u << MESSAGE_AS_BINARY;
	bool as_text = (forms & text) && is_text(content, kind);
	/* What is not UTF-8 is the same binary frame in both forms. */
	bool as_binary = (forms & binary) || !as_text;
	size_t frame_size = frame_head_size(content.len) + content.len;
	size_t bytes = sizeof(struct message) + aim_size(aim) +
		       ((size_t)as_text + (size_t)as_binary) * frame_size;
	struct message *m = try_alloc(bytes);
	char *out;

	if (!m)
		return NULL;
	atomic_init(&m->refs, refs);
	m->bytes = bytes;
	out = aim_copy(&m->aim, aim, (char *)(m + 1));
	if (as_binary)
		out = put_frame(
		    &m->frames[MESSAGE_AS_BINARY], FRAME_BINARY, content, out);
	if (as_text)
		(void)put_frame(
		    &m->frames[MESSAGE_AS_TEXT], FRAME_TEXT, content, out);
	else
		m->frames[MESSAGE_AS_TEXT] = m->frames[MESSAGE_AS_BINARY];
	if (!as_binary)
		m->frames[MESSAGE_AS_BINARY] = m->frames[MESSAGE_AS_TEXT];
	return m;
}

void message_unref(struct message *m)
{
	if (atomic_fetch_sub_explicit(&m->refs, 1, memory_order_acq_rel) == 1)
		free(m);
}
