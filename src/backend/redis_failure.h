/*
 * redis_failure: why the connection to Redis did not work out, in words for
 * the log: what happened, at which command, and what can be done about it.
 */
#ifndef BACKEND_REDIS_FAILURE_H
#define BACKEND_REDIS_FAILURE_H

#include "base/slice.h"

enum redis_failure_kind {
	REDIS_FAILURE_OTHER,
	/* NOAUTH, WRONGPASS, NOPERM: it will not pass by itself. */
	REDIS_FAILURE_DENIED,
	/* No more clients: the word of a server that lives and is busy. */
	REDIS_FAILURE_FULL,
	/* A replica, where a master is wanted: of another server. */
	REDIS_FAILURE_ROLE,
};

struct redis_failure {
	enum redis_failure_kind kind;
	char reason[256];    /* "connection refused", or the server's words */
	const char *command; /* that the server refused, or NULL; a literal */
	char channel[256];   /* of that command; may be empty */
	const char *remedy;  /* NULL where there is none to name; a literal */
};

/* A failure of the connection itself. */
struct redis_failure redis_failure_make(const char *reason);

/* The errno of a socket that failed. */
struct redis_failure redis_failure_errno(int code);

/* The server answered a command with an error. */
struct redis_failure redis_failure_refused(
    const char *command, struct slice channel, struct slice reply);

#endif
