/*
 * fatal: nothing ends without a line that says why, in the log's form.
 */
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fatal.h"
#include "base/log.h"
#include "unit.h"

typedef void (*deed_fn)(void);

/* What a process that does this writes to standard error before SIGABRT. */
static void last_words(deed_fn deed, char *to, size_t size)
{
	ssize_t got;
	int ends[2], status;
	pid_t child;

	ck_assert_int_eq(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		(void)dup2(ends[1], STDERR_FILENO);
		deed();
		_exit(EXIT_SUCCESS);
	}
	ck_assert_int_gt(child, 0);
	(void)close(ends[1]);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGABRT);
	got = read(ends[0], to, size - 1);
	ck_assert_int_ge(got, 0);
	to[got] = '\0';
	(void)close(ends[0]);
}

static void end_in_json(void)
{
	log_set_format(LOG_JSON);
	fatal("tls", "nothing \"left\"");
}

static void run_out_of_memory(void)
{
	struct buf b = { 0 };

	buf_putn(&b, "", SIZE_MAX / 2);
}

START_TEST(the_line_is_one_of_the_log)
{
	char text[512];

	last_words(end_in_json, text, sizeof text);
	ck_assert_ptr_nonnull(
	    strstr(text, "\"level\":\"error\",\"component\":\"tls\","
			 "\"msg\":\"nothing \\\"left\\\"\"}\n"));
}
END_TEST

START_TEST(out_of_memory_is_said)
{
	char text[512];

	last_words(run_out_of_memory, text, sizeof text);
	ck_assert_ptr_nonnull(strstr(text, " error mem: out of memory\n"));
}
END_TEST

UNIT_MAIN("base/fatal", the_line_is_one_of_the_log, out_of_memory_is_said)
