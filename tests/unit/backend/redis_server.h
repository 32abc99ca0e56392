/*
 * redis_server: a real redis-server of a test's own, on a unix socket in a
 * directory of its own, and a client that asks it things.
 */
#ifndef REDIS_SERVER_H
#define REDIS_SERVER_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "unit.h"

struct redis_server {
	char dir[64];
	char path[80]; /* of the socket */
	char url[96];
	const char *password; /* NULL for none */
	pid_t pid;            /* 0 when it does not run */
};

static inline void redis_server_init(struct redis_server *s)
{
	*s = (struct redis_server){ .pid = 0 };
	(void)snprintf(s->dir, sizeof s->dir, "/tmp/roomcast-unit-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(s->dir));
	(void)snprintf(s->path, sizeof s->path, "%s/redis.sock", s->dir);
	(void)snprintf(s->url, sizeof s->url, "unix://%s", s->path);
}

static inline void redis_server_exec(const struct redis_server *s)
{
	const char *other = getenv("ROOMCAST_REDIS_SERVER");
	const char *program = other ? other : "redis-server";
	int null = open("/dev/null", O_RDWR);

	/* It ends with the test, whatever happens to that. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	execlp(program, program, "--port", "0", "--unixsocket", s->path,
	    "--dir", s->dir, "--save", "", "--appendonly", "no",
	    s->password ? "--requirepass" : (char *)NULL, s->password,
	    (char *)NULL);
	_exit(127);
}

static inline void pause_ms(int ms)
{
	nanosleep(&(struct timespec){ 0, ms * 1000000L }, NULL);
}

/* A reply, or NULL when the server cannot be reached; freed by the caller. */
static inline redisReply *redis_server_call(
    const struct redis_server *s, const char *format, ...)
{
	redisContext *c = redisConnectUnix(s->path);
	redisReply *reply = NULL;
	va_list args;

	if (c && !c->err) {
		if (s->password)
			freeReplyObject(
			    redisCommand(c, "AUTH %s", s->password));
		va_start(args, format);
		reply = redisvCommand(c, format, args);
		va_end(args);
	}
	if (c)
		redisFree(c);
	return reply;
}

/* Start, and wait until it answers. */
static inline void redis_server_start(struct redis_server *s)
{
	int64_t end = clock_ms() + 10000;
	redisReply *reply = NULL;

	s->pid = fork();
	ck_assert_int_ge(s->pid, 0);
	if (s->pid == 0)
		redis_server_exec(s);
	while (!reply) {
		ck_assert_msg(clock_ms() < end, "redis-server did not start");
		reply = redis_server_call(s, "PING");
		if (!reply)
			pause_ms(5);
	}
	freeReplyObject(reply);
}

static inline void redis_server_kill(struct redis_server *s)
{
	if (s->pid == 0)
		return;
	kill(s->pid, SIGKILL);
	ck_assert_int_eq(waitpid(s->pid, NULL, 0), s->pid);
	s->pid = 0;
}

static inline void redis_server_fini(struct redis_server *s)
{
	redis_server_kill(s);
	unlink(s->path);
	rmdir(s->dir);
}

/* What a reply says as a number: its integer, or how many elements. */
static inline long long redis_server_number(redisReply *reply)
{
	long long number;

	ck_assert_ptr_nonnull(reply);
	ck_assert_msg(reply->type != REDIS_REPLY_ERROR, "%s", reply->str);
	number = reply->type == REDIS_REPLY_ARRAY ? (long long)reply->elements
						  : reply->integer;
	freeReplyObject(reply);
	return number;
}

#endif
