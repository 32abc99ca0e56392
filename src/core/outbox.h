/*
 * outbox: what the hub has for the workers, gathered during one read of the
 * backend and posted once for each of them. Also where it shows that a worker
 * is too far behind. Main thread only.
 */
#ifndef CORE_OUTBOX_H
#define CORE_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/interest.h"

struct mail;
struct worker;

/*
 * What may wait in one worker's mailbox before the backend is not read any
 * more; Redis' own output-buffer limit decides next.
 */
enum { OUTBOX_FULL_BYTES = 16 << 20 };

struct outbox {
	struct worker **workers; /* borrowed */
	unsigned worker_count;
	uint64_t running; /* bit set: whose threads have not ended */
	struct outbox_part {
		struct mail *mails; /* owned */
		size_t count;
		size_t cap;
		size_t bytes;
	} parts[INTEREST_MAX_WORKERS];
};

/* Empty, for these workers, which outlive it. Main thread, as all of it. */
void outbox_init(struct outbox *o, struct worker **workers, unsigned count);
/* Frees what it has, not the items: post first. */
void outbox_fini(struct outbox *o);

/*
 * The worker's thread has ended: what is for all is not for it, and nobody
 * waits for space in its mailbox.
 */
void outbox_end(struct outbox *o, unsigned worker);

/* The bit set of all workers whose threads have not ended. */
static inline uint64_t outbox_all(const struct outbox *o)
{
	return o->running;
}

/* How many they are. */
static inline uint32_t outbox_count(const struct outbox *o)
{
	return (uint32_t)__builtin_popcountll(o->running);
}

/*
 * Add a mail for each worker of the bit set, behind what was added before.
 * The item, of so many bytes, is shared: a reference each is taken.
 */
void outbox_add(struct outbox *o, uint32_t kind, void *item, size_t bytes,
    uint64_t workers);

/* What waits for a worker, in its mailbox and here. */
size_t outbox_waiting(const struct outbox *o, unsigned worker);

/* Post what was added. */
void outbox_post(struct outbox *o);

/* Post one mail to one worker, or one without an item to all, at once. */
void outbox_post_one(
    struct outbox *o, unsigned worker, uint32_t kind, void *item);
void outbox_post_all(struct outbox *o, uint32_t kind, uint32_t value);

/* Whether some worker's mailbox holds more than OUTBOX_FULL_BYTES. */
bool outbox_is_full(const struct outbox *o);

/*
 * Ask the full ones to send MAIL_HAS_SPACE. Whether one is still full: it
 * cannot have drained unheard then.
 */
bool outbox_wait_for_space(struct outbox *o);

#endif
