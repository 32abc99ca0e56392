/*
 * session_ops: the form in which a session speaks with its client. What all
 * have in common, when to say what and when to give up, is net/session.
 */
#ifndef NET_SESSION_OPS_H
#define NET_SESSION_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "core/closed.h"
#include "net/request.h"

struct conn;

/* What some bytes of the client meant. */
struct session_input {
	unsigned frames; /* that began, or what else limits.inbound_rate
			  * counts */
	bool is_fresh;   /* the message that is not whole yet began in them */
	bool is_over;    /* nothing the client sends counts any more */
	/*
	 * is_over: why, and the codes of both close frames: 1005 for one
	 * without a code, CLOSE_CODE_NONE where there is no frame.
	 */
	enum close_reason reason;
	uint16_t sent;     /* in the replies */
	uint16_t received; /* the client's */
};

enum {
	SESSION_FIRST_MAX = 1280, /* bytes of the longest start */
	SESSION_WORDS_MAX = 128,  /* and of all else */
};

struct session_ops {
	/* The client says nothing: no answer to a beat, and no goodbye. */
	bool is_one_way;
	/*
	 * Write the answer to the request that was admitted, and what else
	 * comes first, to out (SESSION_FIRST_MAX bytes). Returns its length.
	 */
	size_t (*start)(
	    const struct conn *c, const struct request *r, char *out);
	/*
	 * Bytes that the client sent. Tells what they meant, and appends what
	 * answers them to replies: the last words when input is over. 0 or
	 * -ENOMEM.
	 */
	int (*on_input)(struct conn *c, struct slice bytes, struct buf *replies,
	    struct session_input *input);
	/*
	 * Write, to out (SESSION_WORDS_MAX bytes), what keeps a quiet
	 * connection alive and asks whether the client is there; and the last
	 * words, with a close code and a reason of at most CONTROL_REASON_MAX
	 * bytes. Each returns the length.
	 */
	size_t (*beat)(char *out);
	size_t (*goodbye)(uint16_t code, struct slice reason, char *out);
};

#endif
