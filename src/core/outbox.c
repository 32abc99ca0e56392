#include "core/outbox.h"

#include <stdlib.h>

#include "base/mailbox.h"
#include "base/mem.h"
#include "core/worker.h"

void outbox_init(struct outbox *o, struct worker **workers, unsigned count)
{
	*o = (struct outbox){
		.workers = workers,
		.worker_count = count,
		.running =
		    count == 64 ? UINT64_MAX : (UINT64_C(1) << count) - 1,
	};
}

void outbox_fini(struct outbox *o)
{
	for (unsigned i = 0; i < o->worker_count; i++)
		free(o->parts[i].mails);
}

void outbox_end(struct outbox *o, unsigned worker)
{
	o->running &= ~(UINT64_C(1) << worker);
}

static void part_add(
    struct outbox_part *p, const struct mail *mail, size_t bytes)
{
	if (p->count == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 64;
		p->mails = xrealloc_array(p->mails, p->cap, sizeof *p->mails);
	}
	p->mails[p->count++] = *mail;
	p->bytes += bytes;
}

void outbox_add(
    struct outbox *o, uint32_t kind, void *item, size_t bytes, uint64_t workers)
{
	const struct mail mail = { kind, 0, item };

	for (unsigned i = 0; i < o->worker_count; i++)
		if (workers >> i & 1)
			part_add(&o->parts[i], &mail, bytes);
}

size_t outbox_waiting(const struct outbox *o, unsigned worker)
{
	return mailbox_bytes(o->workers[worker]->mailbox) +
	       o->parts[worker].bytes;
}

void outbox_post(struct outbox *o)
{
	for (unsigned i = 0; i < o->worker_count; i++) {
		struct outbox_part *p = &o->parts[i];

		mailbox_post(
		    o->workers[i]->mailbox, p->mails, p->count, p->bytes);
		p->count = 0;
		p->bytes = 0;
	}
}

void outbox_post_one(
    struct outbox *o, unsigned worker, uint32_t kind, void *item)
{
	const struct mail mail = { kind, 0, item };

	mailbox_post(o->workers[worker]->mailbox, &mail, 1, 0);
}

void outbox_post_all(struct outbox *o, uint32_t kind, uint32_t value)
{
	const struct mail mail = { kind, value, NULL };

	for (unsigned i = 0; i < o->worker_count; i++)
		mailbox_post(o->workers[i]->mailbox, &mail, 1, 0);
}

static bool is_full(const struct outbox *o, unsigned worker)
{
	return o->running >> worker & 1 &&
	       mailbox_bytes(o->workers[worker]->mailbox) > OUTBOX_FULL_BYTES;
}

bool outbox_is_full(const struct outbox *o)
{
	for (unsigned i = 0; i < o->worker_count; i++)
		if (is_full(o, i))
			return true;
	return false;
}

bool outbox_wait_for_space(struct outbox *o)
{
	for (unsigned i = 0; i < o->worker_count; i++)
		if (is_full(o, i))
			atomic_store(&o->workers[i]->hub_waits, true);
	return outbox_is_full(o);
}
