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
#include "core/message.h"
#include "core/worker.h"

/*
 * Give the message to all its members here, each once. Takes the worker's
 * reference of it at the first call. Goes on where the worker's walk stands and
 * adds what it does to *count, where 1 is a member, or one that is left out.
 * False when *count has come to max before the end: the next call goes on. To
 * find all who are left out, or one room, or to give it to everybody, is the
 * least that is done.
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

/* The first room of that message; NULL: there is none. */
static inline const struct aim_room *fanout_room_ahead(
    const struct worker *w, size_t ahead)
{
	const struct message *m = fanout_ahead(w, ahead);

	return m && m->aim.room_count > 0 ? m->aim.rooms : NULL;
}

/*
 * Whether the next message and the one behind it begin with the same room, by
 * the hash of its name alone.
 */
static inline bool fanout_stays(const struct worker *w)
{
	const struct aim_room *a = fanout_room_ahead(w, 0);
	const struct aim_room *b = fanout_room_ahead(w, 1);

	return a && b && a->hash == b->hash;
}

/* Before a mail is handled: fetch what those behind it will need. */
void fanout_fetch(const struct worker *w);

#endif
