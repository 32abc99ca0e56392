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
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "core/aim.h"
#include "proto/deflate_offer.h"
#include "proto/envelope.h"

/*
 * How a connection wants its frames: the kind that its route says, and
 * deflated or not. A form is a number below MESSAGE_FORMS: its kind, and
 * behind that bit its window.
 */
enum message_kind {
	MESSAGE_AS_TEXT,   /* text when it is UTF-8, else binary */
	MESSAGE_AS_BINARY, /* always binary */
	MESSAGE_KINDS
};

/* A window by number: 0 is none, the others stand for 9 to 15 bits. */
enum {
	MESSAGE_PLAIN = 0,
	MESSAGE_WINDOWS = 2 + DEFLATE_WINDOW_MAX - DEFLATE_WINDOW_MIN,
	MESSAGE_FORMS = MESSAGE_WINDOWS * MESSAGE_KINDS,
};

/* The number of a window of so many bits; 0 bits: not deflated. */
static inline unsigned message_window(unsigned bits)
{
	return bits ? 1 + bits - DEFLATE_WINDOW_MIN : MESSAGE_PLAIN;
}

/* And back. */
static inline unsigned message_window_bits(unsigned window)
{
	return window ? window - 1 + DEFLATE_WINDOW_MIN : 0;
}

static inline uint8_t message_form(enum message_kind kind, unsigned window)
{
	return (uint8_t)(window * MESSAGE_KINDS + kind);
}

static inline unsigned message_form_window(uint8_t form)
{
	return form / MESSAGE_KINDS;
}

struct message {
	_Atomic uint32_t refs;
	uint32_t places; /* 4 bits a window: which of the frames are its own */
	struct aim aim;  /* its arrays are inside the message */
	size_t bytes;    /* of memory, all in all */
	size_t extra;    /* of those, what is no frame */
	struct slice frames[][MESSAGE_KINDS]; /* first the plain ones */
};

/*
 * The frame for a connection of this form. Where none was made in the form's
 * window it is the plain one: whoever finds out late what members a room has
 * loses bytes on the wire and nothing else.
 */
static inline struct slice message_frame(const struct message *m, uint8_t form)
{
	unsigned window = message_form_window(form);

	if (window == MESSAGE_PLAIN)
		return m->frames[0][form];
	return m->frames[m->places >> 4 * window & 0xf][form % MESSAGE_KINDS];
}

/*
 * Encode content for the kinds of the bit set (1 << kind), in as many frames
 * as differ. deflated is NULL, or has a payload for each number of a window;
 * those of len 0 are not there. What is given is copied, with the aim. refs is
 * how many references the caller has (at least 1). NULL when memory is out.
 */
struct message *message_new(struct slice content, enum content_kind kind,
    unsigned kinds, const struct slice deflated[MESSAGE_WINDOWS],
    const struct aim *aim, uint32_t refs);

/*
 * Give one reference back; the last one frees. Returns the bytes that are free
 * now. Any thread.
 */
size_t message_unref(struct message *m);

#endif
