#include "base/mailbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"

enum { KEEP_MAILS = 1024 }; /* a larger array is given back after a burst */

struct mails {
	struct mail *items; /* owned */
	size_t count;
	size_t cap;
};

struct mailbox {
	pthread_mutex_t lock;
	struct mails posted;      /* under lock */
	bool is_awake;            /* under lock: the eventfd is readable */
	bool is_local;            /* awake without it, always */
	void (*waker)(void *arg); /* instead of it; NULL: the eventfd */
	void *waker_arg;
	int fd;
	struct mails taken; /* the reader's */
	_Atomic size_t bytes;
};

struct mailbox *mailbox_new(void)
{
	struct mailbox *box = xcalloc(1, sizeof *box);

	box->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (box->fd < 0) {
		free(box);
		return NULL;
	}
	(void)pthread_mutex_init(&box->lock, NULL);
	return box;
}

void mailbox_free(struct mailbox *box)
{
	if (!box)
		return;
	(void)close(box->fd);
	(void)pthread_mutex_destroy(&box->lock);
	free(box->posted.items);
	free(box->taken.items);
	free(box);
}

void mailbox_set_local(struct mailbox *box)
{
	box->is_local = box->is_awake = true;
}

void mailbox_set_waker(struct mailbox *box, void (*fn)(void *arg), void *arg)
{
	box->waker = fn;
	box->waker_arg = arg;
}

int mailbox_fd(const struct mailbox *box)
{
	return box->fd;
}

static void mails_append(
    struct mails *m, const struct mail *mails, size_t count)
{
	if (m->cap - m->count < count) {
		size_t cap = m->cap ? m->cap : 64;

		while (cap - m->count < count)
			cap *= 2;
		m->items = xrealloc_array(m->items, cap, sizeof *m->items);
		m->cap = cap;
	}
	memcpy(m->items + m->count, mails, count * sizeof *mails);
	m->count += count;
}

static void wake_reader(struct mailbox *box)
{
	if (box->waker)
		box->waker(box->waker_arg);
	else
		(void)eventfd_write(box->fd, 1); /* cannot fail: it was 0 */
}

void mailbox_post(
    struct mailbox *box, const struct mail *mails, size_t count, size_t bytes)
{
	bool wake;

	if (count == 0)
		return;
	atomic_fetch_add_explicit(&box->bytes, bytes, memory_order_relaxed);
	(void)pthread_mutex_lock(&box->lock);
	mails_append(&box->posted, mails, count);
	wake = !box->is_awake;
	box->is_awake = true;
	(void)pthread_mutex_unlock(&box->lock);
	if (wake)
		wake_reader(box);
}

struct mail *mailbox_take(struct mailbox *box, size_t *count)
{
	struct mails empty = box->taken;

	if (!mem_may_keep(empty.cap <= KEEP_MAILS)) {
		free(empty.items);
		empty = (struct mails){ 0 };
	}
	empty.count = 0;
	(void)pthread_mutex_lock(&box->lock);
	box->taken = box->posted;
	box->posted = empty;
	(void)pthread_mutex_unlock(&box->lock);
	*count = box->taken.count;
	return box->taken.items;
}

void mailbox_done(struct mailbox *box, size_t bytes)
{
	atomic_fetch_sub_explicit(&box->bytes, bytes, memory_order_relaxed);
}

size_t mailbox_bytes(const struct mailbox *box)
{
	return atomic_load_explicit(&box->bytes, memory_order_relaxed);
}

bool mailbox_sleep(struct mailbox *box)
{
	eventfd_t ignored;
	bool is_empty;

	(void)pthread_mutex_lock(&box->lock);
	is_empty = box->posted.count == 0;
	if (is_empty && !box->is_local) {
		/*
		 * Under the lock: a writer that comes after sees is_awake
		 * false and writes again. The writer that set it may not have
		 * written yet; then its late write wakes us once for nothing,
		 * and this read clears it.
		 */
		if (!box->waker)
			(void)eventfd_read(box->fd, &ignored);
		box->is_awake = false;
	}
	(void)pthread_mutex_unlock(&box->lock);
	if (!is_empty && box->waker)
		box->waker(box->waker_arg);
	return is_empty;
}
