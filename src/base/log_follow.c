/* log_follow: see log_follow.h. */
#include "base/log_follow.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"

/*
 * A part of the logger's state: a ring of the lines up to next, which are
 * numbered from 1. Pages of it that were never written to take no memory.
 */
static struct {
	_Atomic int64_t until_ms; /* by clock_ms; 0: nobody has followed */
	_Atomic uint64_t passed;  /* lines that have no number yet */
	pthread_mutex_t lock;     /* of all that follows */
	uint64_t next;            /* the number of the line to come */
	struct {
		size_t len; /* 0: it has not been kept */
		char text[LOG_FOLLOW_LINE];
	} lines[LOG_FOLLOW_LINES];
} follow = { .lock = PTHREAD_MUTEX_INITIALIZER, .next = 1 };

bool log_follow_is_on(void)
{
	int64_t until_ms = atomic_load(&follow.until_ms);

	return until_ms > 0 && clock_ms() < until_ms;
}

/* Nobody has waited for the lock to say of them that they have gone. */
static void number_passed(void)
{
	uint64_t passed = atomic_exchange(&follow.passed, 0);

	for (uint64_t i = 0; i < passed && i < LOG_FOLLOW_LINES; i++)
		follow.lines[(follow.next + i) % LOG_FOLLOW_LINES].len = 0;
	follow.next += passed;
}

void log_follow_put(struct slice line)
{
	size_t at, len = line.len <= LOG_FOLLOW_LINE ? line.len : 0;

	(void)pthread_mutex_lock(&follow.lock);
	number_passed();
	at = follow.next++ % LOG_FOLLOW_LINES;
	if (len > 0)
		memcpy(follow.lines[at].text, line.ptr, len);
	follow.lines[at].len = len;
	(void)pthread_mutex_unlock(&follow.lock);
}

void log_follow_pass(void)
{
	if (atomic_load(&follow.until_ms) > 0)
		atomic_fetch_add(&follow.passed, 1);
}

/* The number of the oldest line that is kept, or would be. */
static uint64_t oldest(void)
{
	return follow.next > LOG_FOLLOW_LINES ? follow.next - LOG_FOLLOW_LINES
					      : 1;
}

/* A number that is not reached yet is of another process. */
static void find_begin(uint64_t *since, uint64_t *lost)
{
	*lost = 0;
	if (*since == 0)
		*since = follow.next;
	if (*since > follow.next)
		*since = oldest();
	if (*since < oldest()) {
		*lost = oldest() - *since;
		*since = oldest();
	}
}

void log_follow_read(
    uint64_t *since, uint64_t *lost, log_follow_fn fn, void *arg)
{
	(void)pthread_mutex_lock(&follow.lock);
	number_passed();
	find_begin(since, lost);
	for (; *since < follow.next; ++*since) {
		size_t at = *since % LOG_FOLLOW_LINES;

		if (follow.lines[at].len > 0)
			fn(arg, slice_of(follow.lines[at].text,
				    follow.lines[at].len));
		else
			++*lost;
	}
	(void)pthread_mutex_unlock(&follow.lock);
	atomic_store(&follow.until_ms, clock_ms() + LOG_FOLLOW_LEASE_MS);
}
