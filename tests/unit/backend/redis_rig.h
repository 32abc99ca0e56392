/*
 * redis_rig: a backend and the real redis-server that it is subscribed at.
 */
#ifndef REDIS_RIG_H
#define REDIS_RIG_H

#include "backend/redis.h"
#include "recorder.h"
#include "redis_server.h"

struct fixture {
	struct redis_server server;
	struct recorder r;
	char password_file[80]; /* "" when there is none */
};

static inline struct fixture *set_up(void)
{
	static struct fixture f;

	f.password_file[0] = '\0';
	redis_server_init(&f.server);
	redis_server_start(&f.server);
	recorder_init(&f.r, &redis_backend);
	f.r.conf.redis.url = f.server.url;
	return &f;
}

/* From now on it signs in with what stands in a file. */
static inline void set_password(struct fixture *f, const char *password)
{
	FILE *file;

	(void)snprintf(f->password_file, sizeof f->password_file, "%s/password",
	    f->server.dir);
	f->r.conf.redis.password_file = f->password_file;
	file = fopen(f->password_file, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(password, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static inline void tear_down(struct fixture *f)
{
	recorder_fini(&f->r);
	unlink(f->password_file);
	redis_server_fini(&f->server);
}

static inline struct fixture *set_up_and_open(void)
{
	struct fixture *f = set_up();

	recorder_come_up(&f->r);
	return f;
}

static inline long long publish(
    struct fixture *f, const char *channel, const char *payload)
{
	return redis_server_number(
	    redis_server_call(&f->server, "PUBLISH %s %s", channel, payload));
}

static inline void watch(struct fixture *f, const char *room)
{
	recorder_watch(&f->r, room);
}

static inline void unwatch(struct fixture *f, const char *room)
{
	recorder_unwatch(&f->r, room);
}

/* How many channels like this one are subscribed. */
static inline long long channels(struct fixture *f, const char *pattern)
{
	return redis_server_number(
	    redis_server_call(&f->server, "PUBSUB CHANNELS %s", pattern));
}

#endif
