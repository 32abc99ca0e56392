/*
 * redis_failure: why the connection to Redis did not work out, in words for
 * the log: what happened, at which command, and what can be done about it.
 */
#ifndef BACKEND_REDIS_FAILURE_H
#define BACKEND_REDIS_FAILURE_H

#include <stdbool.h>

#include "base/slice.h"

/* The rows of core/source_failure.def: what metrics count them by. */
enum redis_failure_kind {
#define SOURCE_FAILURE(id, label) REDIS_FAILURE_##id,
#include "core/source_failure.def"
#undef SOURCE_FAILURE
};

struct redis_failure {
	enum redis_failure_kind kind;
	char reason[256];    /* "connection refused", or the server's words */
	const char *command; /* that the server refused, or NULL; a literal */
	char channel[256];   /* of that command; may be empty */
	const char *remedy;  /* NULL where there is none to name; a literal */
	bool is_oracles; /* of who was asked where the server is, not of it */
};

/* The word for it in metrics, and in the log. A literal. */
const char *redis_failure_label(enum redis_failure_kind kind);

/* A failure of the connection itself. */
struct redis_failure redis_failure_make(
    enum redis_failure_kind kind, const char *reason);
struct redis_failure redis_failure_memory(void);
struct redis_failure redis_failure_moved(void);   /* of its name */
struct redis_failure redis_failure_unasked(void); /* another answer came */

/* The errno of a connected socket that failed. */
struct redis_failure redis_failure_errno(int code);

/* The server answered a command with an error. */
struct redis_failure redis_failure_refused(
    const char *command, struct slice channel, struct slice reply);

/*
 * Whether it is of this kind, and by the server: not by who was asked for it.
 */
bool redis_failure_is_of(
    const struct redis_failure *f, enum redis_failure_kind kind);

/* Whether the server itself says that it will not do. */
bool redis_failure_is_final(const struct redis_failure *f);

/* Whether somebody has answered: that says more than another one's silence. */
bool redis_failure_is_said(const struct redis_failure *f);

/*
 * Nobody of those who were asked says where the server is: in these words, and
 * for the reason that the one has who says most. Where all are silent it is one
 * of its name.
 */
struct redis_failure redis_failure_nowhere(
    const char *words, const struct redis_failure *why);

#endif
