/*
 * message: one payload on its way to the workers: who gets it, and the frame
 * that they get, encoded once.
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
#include "proto/envelope.h"

/*
 * How a connection wants its frames. Further encodings of the same message
 * (compressed ones) are further forms.
 */
enum message_form {
	MESSAGE_AS_TEXT,   /* text when it is UTF-8, else binary */
	MESSAGE_AS_BINARY, /* always binary */
	MESSAGE_FORMS
};

struct message {
	_Atomic uint32_t refs;
	struct aim aim; /* its arrays are inside the message */
	size_t bytes;   /* of the whole allocation */
	struct slice frames[MESSAGE_FORMS];
};

/*
 * Encode content for the forms of the bit set (1 << form). The aim and the
 * content are copied. refs is how many references the caller has (at least
 * 1). NULL when memory is out.
 */
struct message *message_new(struct slice content, enum content_kind kind,
    unsigned forms, const struct aim *aim, uint32_t refs);

/* Give one reference back; the last one frees. Any thread. */
void message_unref(struct message *m);

#endif
