#include "core/message.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "proto/frame.h"
#include "proto/sse.h"

enum {
	TEXT_KINDS = 1 << MESSAGE_AS_TEXT | 1 << MESSAGE_AS_TEXT_WITH_ID,
	EVENT_KINDS = 1 << MESSAGE_AS_EVENT | 1 << MESSAGE_AS_EVENT_WITH_ID,
};

/* Which frames there are. */
struct plan {
	const struct message_parts *parts;
	bool is_text;   /* as far as anybody asks */
	unsigned kinds; /* bit set: those with a frame of their own */
	unsigned count; /* of all frames */
	size_t size;    /* of all frames */
};

static bool is_text(const struct message_parts *parts)
{
	if (!(parts->kinds & (TEXT_KINDS | EVENT_KINDS)))
		return false;
	return parts->kind == CONTENT_TEXT ||
	       (parts->kind == CONTENT_ANY &&
		   utf8_is_valid(parts->content, NULL));
}

/* --- kinds that share a frame --- */

/*
 * What is not UTF-8 is the same binary frame for kinds of text, and without an
 * id there is one kind of event.
 */
static unsigned find_own(const struct message_parts *parts, bool is_text)
{
	unsigned kinds = parts->kinds;
	unsigned texts = is_text ? 0 : kinds & TEXT_KINDS;
	unsigned events = parts->id.len > 0 ? 0 : kinds & EVENT_KINDS;

	kinds &= ~(texts | events);
	kinds |= texts << MESSAGE_BINARY;
	if (events)
		kinds |= 1u << MESSAGE_AS_EVENT;
	return kinds;
}

/* The form that shares the frame of this one; itself, where none does. */
static unsigned twin_of(const struct plan *p, unsigned form)
{
	if (form & MESSAGE_EVENT)
		return p->parts->id.len > 0 ? form : form | MESSAGE_WITH_ID;
	return p->is_text ? form : form & ~(unsigned)MESSAGE_BINARY;
}

/* --- a frame --- */

static struct sse_event event_of(const struct plan *p, unsigned kind)
{
	const struct message_parts *parts = p->parts;
	struct sse_event e = {
		.data = parts->content,
		.is_binary = !p->is_text,
	};

	if (parts->event)
		return *parts->event;
	if (kind & MESSAGE_WITH_ID)
		e.id = parts->id;
	return e;
}

/* Most messages have none: it stays out of the way of their frames. */
__attribute__((noinline)) static size_t event_size(
    const struct plan *p, unsigned kind)
{
	struct sse_event event = event_of(p, kind);

	return sse_size(&event);
}

__attribute__((noinline)) static char *put_event(
    const struct plan *p, unsigned kind, char *out)
{
	struct sse_event event = event_of(p, kind);

	return sse_put(&event, out);
}

static size_t frame_size(size_t payload)
{
	return frame_head_size(payload) + payload;
}

static size_t payload_len(const struct message_parts *parts, unsigned kind)
{
	return parts->content.len +
	       (kind & MESSAGE_WITH_ID ? parts->id.len + 1 : 0);
}

static char *put_head(char *out, unsigned kind, unsigned flags, size_t payload)
{
	unsigned opcode = kind & MESSAGE_BINARY ? FRAME_BINARY : FRAME_TEXT;

	return out +
	       frame_put_head(opcode | flags, payload, (unsigned char *)out);
}

static char *put_frame(
    const struct message_parts *parts, unsigned kind, char *out)
{
	out = put_head(out, kind, 0, payload_len(parts, kind));
	if (kind & MESSAGE_WITH_ID) {
		out = slice_put(parts->id, out);
		*out++ = '\n';
	}
	return slice_put(parts->content, out);
}

/* The payload of a kind's deflated frame; of len 0: it has none. */
static struct slice deflated_of(
    const struct message_parts *parts, unsigned kind)
{
	if (kind & MESSAGE_EVENT)
		return slice_of(NULL, 0);
	return kind & MESSAGE_WITH_ID ? parts->deflated_with_id
				      : parts->deflated;
}

static char *put_deflated(char *out, unsigned kind, struct slice payload)
{
	return slice_put(payload, put_head(out, kind, FRAME_RSV1, payload.len));
}

/* --- all of them --- */

static void plan_frame(struct plan *p, size_t size)
{
	p->count++;
	p->size += size;
}

static struct plan make_plan(const struct message_parts *parts)
{
	struct plan p = { .parts = parts, .is_text = is_text(parts) };

	p.kinds = find_own(parts, p.is_text);
	for (unsigned left = p.kinds; left; left &= left - 1) {
		unsigned kind = (unsigned)__builtin_ctz(left);
		struct slice deflated = deflated_of(parts, kind);

		plan_frame(&p, kind & MESSAGE_EVENT
				   ? event_size(&p, kind)
				   : frame_size(payload_len(parts, kind)));
		if (deflated.len > 0)
			plan_frame(&p, frame_size(deflated.len));
	}
	return p;
}

static struct slice put_end(char **out, char *end)
{
	struct slice frame = slice_of(*out, (size_t)(end - *out));

	*out = end;
	return frame;
}

static void put_frames(struct slice *frame, const struct plan *p, char *out)
{
	for (unsigned left = p->kinds; left; left &= left - 1) {
		unsigned kind = (unsigned)__builtin_ctz(left);
		struct slice deflated = deflated_of(p->parts, kind);

		*frame++ = put_end(&out, kind & MESSAGE_EVENT
					     ? put_event(p, kind, out)
					     : put_frame(p->parts, kind, out));
		if (deflated.len > 0)
			*frame++ =
			    put_end(&out, put_deflated(out, kind, deflated));
	}
}

static void link_form(
    struct message *m, const struct plan *p, unsigned form, unsigned frame)
{
	m->frame_of[form] = (uint8_t)frame;
	m->frame_of[twin_of(p, form)] = (uint8_t)frame;
}

/* What is not deflated is the plain frame in both forms. */
static void link_forms(struct message *m, const struct plan *p)
{
	unsigned frame = 0;

	for (unsigned left = p->kinds; left; left &= left - 1) {
		unsigned kind = (unsigned)__builtin_ctz(left);

		link_form(m, p, kind, frame);
		if (deflated_of(p->parts, kind).len > 0)
			frame++;
		link_form(m, p, kind | MESSAGE_DEFLATED, frame++);
	}
}

struct message *message_new(
    const struct message_parts *parts, const struct aim *aim, uint32_t refs)
{
	const struct plan plan = make_plan(parts);
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
	m->is_kept = parts->is_kept;
	m->read_us = parts->read_us;
	m->publication = parts->publication;
	out = aim_copy(&m->aim, aim, (char *)&m->frames[plan.count]);
	put_frames(m->frames, &plan, out);
	memset(m->frame_of, 0, sizeof m->frame_of);
	if (plan.count > 1)
		link_forms(m, &plan);
	return m;
}

/* --- several as one --- */

static unsigned count_frames(const struct message *m)
{
	unsigned last = 0;

	for (unsigned form = 0; form < MESSAGE_FORMS; form++)
		if (m->frame_of[form] > last)
			last = m->frame_of[form];
	return last + 1;
}

static size_t joined_size(
    struct message *const *parts, uint32_t count, unsigned frames)
{
	size_t size = 0;

	for (uint32_t i = 0; i < count; i++)
		for (unsigned frame = 0; frame < frames; frame++)
			size += parts[i]->frames[frame].len;
	return size;
}

static char *join_frame(struct slice *joined, struct message *const *parts,
    uint32_t count, unsigned frame, char *out)
{
	joined->ptr = out;
	for (uint32_t i = 0; i < count; i++)
		out = slice_put(parts[i]->frames[frame], out);
	joined->len = (size_t)(out - joined->ptr);
	return out;
}

struct message *message_join(
    struct message *const *parts, uint32_t count, size_t extra)
{
	unsigned frames = count_frames(parts[0]);
	size_t size = sizeof(struct message) + frames * sizeof(struct slice) +
		      joined_size(parts, count, frames);
	struct message *m = xmalloc(size);
	char *out;

	*m = (struct message){ .bytes = size + MEM_BLOCK_COST, .extra = extra };
	atomic_init(&m->refs, 1);
	memcpy(m->frame_of, parts[0]->frame_of, sizeof m->frame_of);
	out = (char *)&m->frames[frames];
	for (unsigned frame = 0; frame < frames; frame++)
		out = join_frame(&m->frames[frame], parts, count, frame, out);
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
