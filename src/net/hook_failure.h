/*
 * hook_failure: the ways in which an app gives neither a yes nor a no.
 */
#ifndef NET_HOOK_FAILURE_H
#define NET_HOOK_FAILURE_H

#include "core/metrics.h"

/* Each has a row of roomcast_hook_failures_total in core/metrics.def. */
#define HOOK_FAILURES(X)                                            \
	X(TIMEOUT, "timeout", "no answer in time")                  \
	X(RESOLVE, "resolve", "the host is not found")              \
	X(CONNECT, "connect", "no connection can be made")          \
	X(TLS, "tls", "no TLS with the app")                        \
	X(CLOSED, "closed", "closed before the answer is complete") \
	X(HTTP, "http", "what came is not HTTP")                    \
	X(SIZE, "size", "the answer is too large")                  \
	X(STATUS, "status", "the status is none of 200, 401, 403")  \
	X(ANSWER, "answer", "the JSON is not as it should be")      \
	X(QUEUE, "queue", "too many calls wait already")            \
	X(MEMORY, "memory", "out of memory")

enum hook_failure {
#define X(id, label, text) HOOK_##id,
	HOOK_FAILURES(X)
#undef X
};

/*
 * Count the failure and write the one log line, which authenticator and why;
 * that of TLS is written by net/http_tls. detail is more exact than the table
 * (a literal or an errno's text, NULL for none; never anything of a request or
 * an answer); status is the app's, or 0.
 */
void hook_failure_note(enum hook_failure why, const char *auth,
    const char *detail, int status, struct metrics *m);

#endif
