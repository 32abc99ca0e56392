/*
 * redis_tls: TLS towards a Redis server: its files, and in words for the log
 * why it came to nothing.
 */
#ifndef BACKEND_REDIS_TLS_H
#define BACKEND_REDIS_TLS_H

#include "backend/redis_failure.h"
#include "base/err.h"
#include "sys/tls_client.h"

struct conf;
struct conf_redis;
struct conf_tls;
struct event_base;
struct mistakes;
struct tls;
struct wire;
struct wire_sink;

/* How to come to one server. */
struct redis_tls {
	struct tls_client_files files;
	const char *name; /* borrowed; of whom its certificate must be */
};

/* host, as it is dialled, and conf are borrowed by what is returned. */
struct redis_tls redis_tls_of(const struct conf_tls *conf, const char *host);

/*
 * Look at the files of redis.tls and of redis.sentinel.tls, as each connection
 * will, where that is on; each mistake goes to m. Main thread, the first time
 * before there are others.
 */
void redis_tls_check(const struct conf *c, struct mistakes *m);

/* The same at start and on SIGHUP: 0; or -EINVAL with e, the first of them. */
int redis_tls_try(const struct conf_redis *conf, struct err *e)
    __attribute__((warn_unused_result));

/*
 * As wire_open, or wire_open_tls by the files as they are now where t is not
 * NULL. 0; or -EINVAL with why, and fd is closed.
 */
int redis_tls_open(const struct redis_tls *t, struct wire *w,
    struct event_base *base, int fd, const struct wire_sink *sink, void *arg,
    struct redis_failure *why) __attribute__((warn_unused_result));

/*
 * Say in why, which is why a connection was lost before it was let in or by a
 * fault of TLS, what TLS has to do with that. t and s are NULL where it was in
 * plain: the server may speak TLS then.
 */
void redis_tls_explain(
    const struct redis_tls *t, const struct tls *s, struct redis_failure *why);

#endif
