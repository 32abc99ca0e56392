#include "core/message.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "proto/frame.h"
#include "proto/sse.h"

enum {
	EVENT_KINDS = 1 << MESSAGE_AS_EVENT | 1 << MESSAGE_AS_EVENT_WITH_ID,
	TEXT_KINDS =
	    1 << MESSAGE_AS_TEXT | 1 << MESSAGE_AS_TEXT_WITH_ID | EVENT_KINDS,
};

/* How the frames of a message are laid out. */
struct plan {
	const struct message_parts *parts;
	bool is_text;   /* as far as anybody asks */
	unsigned forms; /* bit set, 1 << form: those that frames are of */
	size_t count;   /* of those */
	size_t size;    /* of all frames */
};

static bool is_text(const struct message_parts *parts)
{
	if (!(parts->kinds & TEXT_KINDS))
		return false;
	return parts->kind == CONTENT_TEXT ||
	       (parts->kind == CONTENT_ANY &&
		   utf8_is_valid(parts->content, NULL));
}

/* --- a frame --- */

static bool has_deflated(const struct message_parts *parts, unsigned form)
{
	return (form & MESSAGE_WITH_ID ? parts->deflated_with_id
				       : parts->deflated)
		   .len > 0;
}

/* Forms that come out the same share one frame: that of this form. */
static unsigned settle(const struct plan *p, unsigned form)
{
	if (form & MESSAGE_EVENT) {
		form &= MESSAGE_EVENT | MESSAGE_WITH_ID;
		return p->parts->id.len > 0 ? form : MESSAGE_EVENT;
	}
	if (!has_deflated(p->parts, form))
		form &= ~(unsigned)MESSAGE_DEFLATED;
	return p->is_text ? form : form | MESSAGE_BINARY;
}

static struct sse_event event_of(const struct plan *p, unsigned form)
{
	const struct message_parts *parts = p->parts;
	struct sse_event e = {
		.data = parts->content,
		.is_binary = !p->is_text,
	};

	if (parts->event)
		return *parts->event;
	if (form & MESSAGE_WITH_ID)
		e.id = parts->id;
	return e;
}

/* What a WebSocket frame holds: the line of the id, if it has one, and more. */
struct body {
	bool has_line;
	struct slice id;
	struct slice rest;
};

static struct body body_of(const struct plan *p, unsigned form)
{
	const struct message_parts *parts = p->parts;
	bool with_id = form & MESSAGE_WITH_ID;

	if (form & MESSAGE_DEFLATED)
		return (struct body){
			.rest =
			    with_id ? parts->deflated_with_id : parts->deflated,
		};
	return (struct body){ with_id, parts->id, parts->content };
}

static size_t body_size(const struct body *b)
{
	return b->rest.len + (b->has_line ? b->id.len + 1 : 0);
}

static size_t frame_size(const struct plan *p, unsigned form)
{
	struct sse_event event;
	struct body body;
	size_t size;

	if (form & MESSAGE_EVENT) {
		event = event_of(p, form);
		return sse_size(&event);
	}
	body = body_of(p, form);
	size = body_size(&body);
	return frame_head_size(size) + size;
}

static char *put(char *out, struct slice bytes)
{
	if (bytes.len > 0)
		memcpy(out, bytes.ptr, bytes.len);
	return out + bytes.len;
}

static char *put_event(const struct plan *p, unsigned form, char *out)
{
	struct sse_event event = event_of(p, form);

	return sse_put(&event, out);
}

static char *put_frame(const struct plan *p, unsigned form, char *out)
{
	struct body body = body_of(p, form);
	unsigned opcode = form & MESSAGE_BINARY ? FRAME_BINARY : FRAME_TEXT;

	if (form & MESSAGE_DEFLATED)
		opcode |= FRAME_RSV1;
	out += frame_put_head(opcode, body_size(&body), (unsigned char *)out);
	if (body.has_line) {
		out = put(out, body.id);
		*out++ = '\n';
	}
	return put(out, body.rest);
}

/* --- all of them --- */

static void plan_form(struct plan *p, unsigned form)
{
	form = settle(p, form);
	if (p->forms & 1u << form)
		return;
	p->forms |= 1u << form;
	p->count++;
	p->size += frame_size(p, form);
}

static struct plan make_plan(const struct message_parts *parts)
{
	struct plan p = { .parts = parts, .is_text = is_text(parts) };

	for (unsigned left = parts->kinds; left; left &= left - 1) {
		unsigned kind = (unsigned)__builtin_ctz(left);

		plan_form(&p, kind);
		plan_form(&p, kind | MESSAGE_DEFLATED);
	}
	return p;
}

/* Each frame once; *index is, by its form, which one it is. */
static void put_frames(struct message *m, const struct plan *p,
    uint8_t index[MESSAGE_FORMS], char *out)
{
	uint8_t count = 0;

	for (unsigned left = p->forms; left; left &= left - 1) {
		unsigned form = (unsigned)__builtin_ctz(left);
		char *end = form & MESSAGE_EVENT ? put_event(p, form, out)
						 : put_frame(p, form, out);

		m->frames[count] = slice_of(out, (size_t)(end - out));
		index[form] = count++;
		out = end;
	}
}

/* Who has a form that nobody was to have gets the first frame. */
static void link_forms(
    struct message *m, const struct plan *p, const uint8_t index[MESSAGE_FORMS])
{
	memset(m->frame_of, 0, sizeof m->frame_of);
	for (unsigned left = p->parts->kinds; left; left &= left - 1) {
		unsigned kind = (unsigned)__builtin_ctz(left);
		unsigned deflated = kind | MESSAGE_DEFLATED;

		m->frame_of[kind] = index[settle(p, kind)];
		m->frame_of[deflated] = index[settle(p, deflated)];
	}
}

struct message *message_new(
    const struct message_parts *parts, const struct aim *aim, uint32_t refs)
{
	const struct plan plan = make_plan(parts);
	uint8_t index[MESSAGE_FORMS];
	struct message *m;
	size_t size;
	char *out;

	assert(plan.count > 0);
	size = sizeof *m + plan.count * sizeof m->frames[0] + aim_size(aim) +
	       plan.size;
	m = try_alloc(size);
	if (!m)
		return NULL;
	atomic_init(&m->refs, refs);
	m->bytes = size + MEM_BLOCK_COST;
	m->extra = m->bytes - plan.size;
	m->after = parts->after;
	m->note = parts->note;
	out = aim_copy(&m->aim, aim, (char *)&m->frames[plan.count]);
	put_frames(m, &plan, index, out);
	link_forms(m, &plan, index);
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
