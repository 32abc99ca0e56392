#include "core/message.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "proto/frame.h"

/*
 * Forms come in pairs, text and binary, with the same bytes behind the head:
 * the line of the id, where there is one, and the rest.
 */
enum { PAIR = 2 };

struct body {
	struct slice id;
	bool has_line;
	struct slice rest;
	unsigned flags; /* of the frame's head */
};

/* Which frames of a pair there are. */
struct opcodes {
	bool text, binary;
};

enum {
	TEXT_KINDS = 1 << MESSAGE_AS_TEXT | 1 << MESSAGE_AS_TEXT_WITH_ID,
};

/* Whether any frame is a text frame. */
static bool has_text(const struct message_parts *parts)
{
	if (!(parts->kinds & TEXT_KINDS))
		return false;
	return parts->kind == CONTENT_TEXT ||
	       (parts->kind == CONTENT_ANY &&
		   utf8_is_valid(parts->content, NULL));
}

/* The kinds of a pair, which begins at this form, as the first pair's. */
static unsigned asked_of_pair(const struct message_parts *parts, unsigned form)
{
	return parts->kinds >> (form & MESSAGE_WITH_ID) & ((1u << PAIR) - 1);
}

static bool asks_for_ids(const struct message_parts *parts)
{
	return asked_of_pair(parts, MESSAGE_WITH_ID) != 0;
}

/* What is not UTF-8 is the same binary frame in both. */
static struct opcodes choose_opcodes(unsigned asked, bool may_be_text)
{
	bool text = may_be_text && (asked & 1u << MESSAGE_AS_TEXT);
	bool binary = (asked & 1u << MESSAGE_AS_BINARY) || !text;

	return (struct opcodes){ text, binary };
}

/* What the frames of a pair hold. False: nothing that another pair has not. */
static bool describe(
    const struct message_parts *parts, unsigned form, struct body *b)
{
	bool with_id = form & MESSAGE_WITH_ID;

	*b = (struct body){ .rest = parts->content };
	if (form & MESSAGE_DEFLATED) {
		b->rest = with_id ? parts->deflated_with_id : parts->deflated;
		b->flags = FRAME_RSV1;
		return b->rest.len > 0;
	}
	b->has_line = with_id;
	b->id = parts->id;
	return true;
}

static size_t body_len(const struct body *b)
{
	return b->rest.len + (b->has_line ? b->id.len + 1 : 0);
}

static char *put(char *out, struct slice bytes)
{
	if (bytes.len > 0)
		memcpy(out, bytes.ptr, bytes.len);
	return out + bytes.len;
}

static char *put_frame(
    struct slice *frame, unsigned opcode, const struct body *b, char *out)
{
	unsigned char *head = (unsigned char *)out;
	char *end = out + frame_put_head(opcode | b->flags, body_len(b), head);

	if (b->has_line) {
		end = put(end, b->id);
		*end++ = '\n';
	}
	end = put(end, b->rest);
	*frame = slice_of(out, (size_t)(end - out));
	return end;
}

/* The frames of a pair. A kind that nobody asks for shares the other's. */
static char *put_pair(struct slice frames[PAIR], struct opcodes has,
    const struct body *b, char *out)
{
	struct slice *text = &frames[MESSAGE_AS_TEXT];
	struct slice *binary = &frames[MESSAGE_AS_BINARY];

	if (has.binary)
		out = put_frame(binary, FRAME_BINARY, b, out);
	if (has.text)
		out = put_frame(text, FRAME_TEXT, b, out);
	else
		*text = *binary;
	if (!has.binary)
		*binary = *text;
	return out;
}

/* How the frames of a message are laid out. */
struct plan {
	unsigned mask;             /* of the forms that it tells apart */
	size_t size;               /* of all frames */
	struct opcodes opcodes[2]; /* without ids, and with */
};

static bool has_pair(const struct plan *p, unsigned form)
{
	return (form & ~p->mask) == 0;
}

static struct opcodes opcodes_of(const struct plan *p, unsigned form)
{
	return p->opcodes[(form & MESSAGE_WITH_ID) != 0];
}

static struct plan make_plan(const struct message_parts *parts)
{
	bool may_be_text = has_text(parts);
	struct plan p = { .mask = MESSAGE_BINARY };
	struct body b;

	if (asks_for_ids(parts))
		p.mask |= MESSAGE_WITH_ID;
	if (parts->deflated.len > 0 || parts->deflated_with_id.len > 0)
		p.mask |= MESSAGE_DEFLATED;
	for (unsigned form = 0; form <= p.mask; form += PAIR) {
		struct opcodes has =
		    choose_opcodes(asked_of_pair(parts, form), may_be_text);

		if (!has_pair(&p, form) || !describe(parts, form, &b))
			continue;
		p.opcodes[(form & MESSAGE_WITH_ID) != 0] = has;
		p.size += ((size_t)has.text + (size_t)has.binary) *
			  (frame_head_size(body_len(&b)) + body_len(&b));
	}
	return p;
}

/* All frames; one that is not deflated is the plain one in both forms. */
static void put_frames(struct slice *frames, const struct plan *p,
    const struct message_parts *parts, char *out)
{
	struct body b;

	for (unsigned form = 0; form <= p->mask; form += PAIR) {
		if (!has_pair(p, form))
			continue;
		if (describe(parts, form, &b))
			out = put_pair(
			    &frames[form], opcodes_of(p, form), &b, out);
		else
			memcpy(&frames[form],
			    &frames[form & ~(unsigned)MESSAGE_DEFLATED],
			    PAIR * sizeof *frames);
	}
}

struct message *message_new(
    const struct message_parts *parts, const struct aim *aim, uint32_t refs)
{
	const struct plan plan = make_plan(parts);
	size_t count = plan.mask + 1;
	struct message *m;
	size_t size;
	char *out;

	size =
	    sizeof *m + count * sizeof m->frames[0] + aim_size(aim) + plan.size;
	m = try_alloc(size);
	if (!m)
		return NULL;
	atomic_init(&m->refs, refs);
	m->bytes = size + MEM_BLOCK_COST;
	m->extra = m->bytes - plan.size;
	m->form_mask = (uint8_t)plan.mask;
	out = aim_copy(&m->aim, aim, (char *)&m->frames[count]);
	put_frames(m->frames, &plan, parts, out);
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
