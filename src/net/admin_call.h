/*
 * admin_call: one request to the admin listener, from its head to its answer.
 * A page fills in the answer, at once or later: what has to ask others first
 * waits, and the client that it is for waits with it.
 */
#ifndef NET_ADMIN_CALL_H
#define NET_ADMIN_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "net/admin_params.h"

struct admin_page;
struct admin_view;

/* Bits, as several of them may be allowed at one path. */
enum admin_method { ADMIN_GET = 1, ADMIN_POST = 2, ADMIN_PUT = 4 };

struct admin_call {
	const struct admin_view *view; /* borrowed */
	const struct admin_page *page; /* NULL: it was refused before */
	unsigned allowed;              /* set of enum admin_method, here */
	bool is_head;                  /* the answer's head is all it wants */
	bool is_last;                  /* close behind the answer */
	bool is_json;                  /* so are refusals */
	bool expects_continue; /* the client waits before it sends the body */
	size_t body_len;
	struct slice body;          /* borrowed until the answer */
	struct admin_params params; /* of the query */

	int status; /* of the answer; 0: there is none yet */
	const char *type;
	struct buf fields; /* owned: of its head, beside the usual; lines */
	struct buf answer; /* owned: its body */

	/* Whoever serves the client is told when there is an answer. */
	void (*on_answered)(void *arg);
	void *arg;
	/* Of a page that waits: leave the call alone from now on. */
	void (*cancel)(void *waiter);
	void *waiter;
};

/*
 * Answer with a status from 400, what is wrong and what to do about it, a
 * literal, or NULL where that is plain. Main thread, as all here.
 */
void admin_call_refuse(
    struct admin_call *c, int status, const char *error, const char *remedy);

/*
 * A page says that its answer comes later, by admin_call_finish. Should the
 * client go before, cancel(waiter) is called instead, once.
 */
void admin_call_wait(
    struct admin_call *c, void (*cancel)(void *waiter), void *waiter);

/* The answer of a page that waited is there. c may be gone behind this. */
void admin_call_finish(struct admin_call *c);

/*
 * The same, where the answer is a list that is still open: its end, and where
 * the next page begins, count numbers as admin_params_put_place has them; NULL:
 * there is none.
 */
void admin_call_finish_list(
    struct admin_call *c, const uint64_t *next, size_t count);

/* Forget the request and its answer; who waits is told. */
void admin_call_fini(struct admin_call *c);

#endif
