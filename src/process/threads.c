#include "process/threads.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "core/turn.h"

static void *run(void *arg)
{
	turn_run(arg);
	return NULL;
}

static void set_name(pthread_t thread, unsigned index)
{
	char name[20]; /* the system takes 15 bytes: workers are few */

	(void)snprintf(name, sizeof name, "worker-%u", index);
	(void)pthread_setname_np(thread, name);
}

static void start(struct worker *w, unsigned index, pthread_t *thread)
{
	int error = pthread_create(thread, NULL, run, w);

	if (error == 0) {
		set_name(*thread, index);
		return;
	}
	log_error(LOG_MAIN, "cannot start a thread",
	    kv_str("error", strerror(error)));
	_Exit(EXIT_FAILURE);
}

void threads_start(
    struct worker *const *workers, unsigned count, pthread_t *threads)
{
	sigset_t all, old;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	for (unsigned i = 0; i < count; i++)
		start(workers[i], i, &threads[i]);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void threads_join(const pthread_t *threads, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		(void)pthread_join(threads[i], NULL);
}
