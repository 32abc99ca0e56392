/*
 * message: one payload on its way to the workers: who gets it, and the frames
 * that they get, each encoded once.
 *
 * Made by the hub on the main thread, immutable from then on, shared by the
 * workers it is posted to; each of them holds one reference. One allocation
 * holds everything.
 */
#ifndef CORE_MESSAGE_H
#define CORE_MESSAGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/slice.h"
#include "core/aim.h"
#include "proto/envelope.h"

struct publication;
struct sse_event;

/*
 * How a connection wants its frames: the kind that its route and its request
 * say, and deflated or not. A frame with an id begins with a line, ID LF, and
 * has the same opcode as the one without. The frame of an event is text of an
 * event stream (proto/sse), and neither binary nor deflated. A form is a number
 * below MESSAGE_FORMS, made of these bits; a kind is a form that is not
 * deflated.
 */
enum {
	MESSAGE_BINARY = 1,
	MESSAGE_DEFLATED = 2,
	MESSAGE_WITH_ID = 4,
	MESSAGE_EVENT = 8,
	MESSAGE_FORMS = 16,
};

enum message_kind {
	MESSAGE_AS_TEXT = 0, /* text when it is UTF-8, else binary */
	MESSAGE_AS_BINARY = MESSAGE_BINARY, /* always binary */
	MESSAGE_AS_TEXT_WITH_ID = MESSAGE_AS_TEXT | MESSAGE_WITH_ID,
	MESSAGE_AS_BINARY_WITH_ID = MESSAGE_AS_BINARY | MESSAGE_WITH_ID,
	MESSAGE_AS_EVENT = MESSAGE_EVENT, /* base64 when it is not UTF-8 */
	MESSAGE_AS_EVENT_WITH_ID = MESSAGE_AS_EVENT | MESSAGE_WITH_ID,
};

static inline uint8_t message_form(enum message_kind kind, bool is_deflated)
{
	return (uint8_t)(kind | (is_deflated ? MESSAGE_DEFLATED : 0));
}

static inline bool message_form_is_deflated(uint8_t form)
{
	return form & MESSAGE_DEFLATED;
}

/* The same kind, not deflated. */
static inline uint8_t message_form_plain(uint8_t form)
{
	return form & (uint8_t)~MESSAGE_DEFLATED;
}

/* Of more bytes than this it is large: core/bulk. */
enum { MESSAGE_LARGE = 128 << 10 };

struct message {
	_Atomic uint32_t refs;
	uint8_t frame_of[MESSAGE_FORMS]; /* by form: which of the frames */
	struct aim aim;                  /* its arrays are inside the message */
	size_t bytes;                    /* of memory, all in all */
	size_t extra;                    /* of those, what is no frame */
	uint64_t after;                  /* the position that it comes behind; 0
					  * without a history */
	uint8_t note;                    /* enum note_word of core/note */
	bool is_kept;                    /* it may be had of the history */
	uint32_t read_us;                /* when its payload was read: low bits
					  * of the clock; 0: nobody asks */
	struct publication *publication; /* to say how many it reaches; NULL:
					  * nobody asks. Not to be touched */
	struct slice frames[];           /* none is empty */
};

/*
 * The frame for a connection of this form. Where none was deflated it is the
 * plain one: whoever finds out late what members a room has loses bytes on the
 * wire and nothing else.
 */
static inline struct slice message_frame(const struct message *m, uint8_t form)
{
	return m->frames[m->frame_of[form]];
}

/* Where it is not, none of its frames is. */
static inline bool message_is_large(const struct message *m)
{
	return m->bytes > MESSAGE_LARGE;
}

/* What frames are made of. */
struct message_parts {
	struct slice content;
	enum content_kind kind;
	unsigned kinds;        /* bit set, 1 << enum message_kind; not 0 */
	struct slice deflated; /* payload of the deflated frames; of len 0:
				* there are none */
	struct slice id;       /* for kinds with an id; empty: it has none */
	struct slice deflated_with_id; /* as deflated, of ID LF content */
	uint64_t after;                /* these five as in the message */
	uint8_t note;
	bool is_kept;
	uint32_t read_us;
	struct publication *publication;
	const struct sse_event *event; /* what events are instead of all this;
					* NULL: they are no other */
};

/*
 * Encode the parts for all kinds that are asked for in as many frames as
 * differ; a kind that is not asked for has one of those. What is given is
 * copied, with the aim. refs is how many references the caller has (at least
 * 1). NULL when memory is out.
 */
struct message *message_new(
    const struct message_parts *parts, const struct aim *aim, uint32_t refs);

/* Whether two messages have frames for the same forms: then they can join. */
static inline bool message_is_like(
    const struct message *a, const struct message *b)
{
	return !memcmp(a->frame_of, b->frame_of, sizeof a->frame_of);
}

/*
 * One message of several, at least one, all alike: its frames are all of
 * theirs, one behind the other, and it is for nobody. extra is what it counts
 * as besides its frames. One reference.
 */
struct message *message_join(
    struct message *const *parts, uint32_t count, size_t extra);

/*
 * Give one reference back; the last one frees. Returns the bytes that are free
 * now. Any thread.
 */
size_t message_unref(struct message *m);

#endif
