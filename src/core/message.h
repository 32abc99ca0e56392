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

#include "base/slice.h"
#include "core/aim.h"
#include "proto/envelope.h"

/*
 * How a connection wants its frames: the kind that its route says, and
 * deflated or not. A form is a number below MESSAGE_FORMS: its kind, and the
 * bit MESSAGE_DEFLATED.
 */
enum message_kind {
	MESSAGE_AS_TEXT,   /* text when it is UTF-8, else binary */
	MESSAGE_AS_BINARY, /* always binary */
	MESSAGE_KINDS
};

enum {
	MESSAGE_DEFLATED = MESSAGE_KINDS, /* of two: the bit behind them */
	MESSAGE_FORMS = 2 * MESSAGE_KINDS,
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

struct message {
	_Atomic uint32_t refs;
	uint8_t form_mask;     /* without MESSAGE_DEFLATED: no such frames */
	struct aim aim;        /* its arrays are inside the message */
	size_t bytes;          /* of memory, all in all */
	size_t extra;          /* of those, what is no frame */
	struct slice frames[]; /* by form; the plain ones, or all */
};

/*
 * The frame for a connection of this form. Where none was deflated it is the
 * plain one: whoever finds out late what members a room has loses bytes on the
 * wire and nothing else.
 */
static inline struct slice message_frame(const struct message *m, uint8_t form)
{
	return m->frames[form & m->form_mask];
}

/*
 * Encode content for the kinds of the bit set (1 << kind), in as many frames
 * as differ. deflated is the payload of the deflated frames; of len 0: there
 * are none. What is given is copied, with the aim. refs is how many references
 * the caller has (at least 1). NULL when memory is out.
 */
struct message *message_new(struct slice content, enum content_kind kind,
    unsigned kinds, struct slice deflated, const struct aim *aim,
    uint32_t refs);

/*
 * Give one reference back; the last one frees. Returns the bytes that are free
 * now. Any thread.
 */
size_t message_unref(struct message *m);

#endif
