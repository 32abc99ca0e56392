/*
 * What is a worker's own: no other thread may touch its connections. Builds
 * with a sanitizer see to it.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fakeworker.h"
#include "unit.h"

static struct fakeworker f; /* aligned: the stack of ASan is not */

static void setup(void)
{
	fake_init(&f, false);
}

static void teardown(void)
{
	fake_fini(&f);
}

static void *kill_it(void *c)
{
	conn_kill(c);
	return NULL;
}

/* Whether a process ends by itself in which another thread kills c. */
static bool is_noticed(struct conn *c)
{
	pthread_t thread;
	int status;
	pid_t child = fork();

	if (child == 0) {
		ck_assert_int_eq(pthread_create(&thread, NULL, kill_it, c), 0);
		(void)pthread_join(thread, NULL);
		_exit(EXIT_SUCCESS);
	}
	ck_assert_int_gt(child, 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

START_TEST(another_thread_is_noticed_while_the_worker_has_its_own)
{
#ifdef ROOMCAST_CHECKED
	const bool is_checked = true;
#else
	const bool is_checked = false;
#endif
	struct conn *c = fake_connect(&f, CONN_OPEN);

	ck_assert(!is_noticed(c));
	worker_enter(f.worker);
	ck_assert(is_noticed(c) == is_checked);
	worker_leave(f.worker);
	ck_assert(!is_noticed(c));
}
END_TEST

UNIT_MAIN_WITH(setup, teardown, "core/worker",
    another_thread_is_noticed_while_the_worker_has_its_own)
