/*
 * fanout: from a message to the connections of a worker that it is for. The
 * worker's thread.
 */
#ifndef CORE_FANOUT_H
#define CORE_FANOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mailbox.h"
#include "core/mail.h"
#include "core/worker.h"

struct message;

/*
 * Give the message to all its members here, each once. Takes the worker's
 * reference of it at the first call. Goes on where the worker's walk stands and
 * adds what it does to *count, where 1 is a member. False when *count has come
 * to max before the end: the next call goes on. One room is the least that is
 * done.
 */
bool fanout(struct worker *w, struct message *m, size_t max, size_t *count);

/*
 * So many connections here have the message: for the log, and for who has
 * published it.
 */
void fanout_say_reached(struct worker *w, struct message *m, uint64_t reached);

/* The message that is so many mails behind the next one; NULL: that is none. */
static inline struct message *fanout_ahead(const struct worker *w, size_t ahead)
{
	size_t i = w->mail_next + ahead;

	return i < w->mail_count && w->mail[i].kind == MAIL_MESSAGE
		   ? w->mail[i].item
		   : NULL;
}

/* Before a mail is handled: fetch what those behind it will need. */
void fanout_fetch(const struct worker *w);

#endif
