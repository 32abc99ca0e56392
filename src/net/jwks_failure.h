/*
 * jwks_failure: the ways in which a look at a URL brings no keys.
 */
#ifndef NET_JWKS_FAILURE_H
#define NET_JWKS_FAILURE_H

/*
 * Label, what has happened and what helps. Each has a row of
 * roomcast_jwks_refreshes_total in core/metrics.def.
 */
#define JWKS_FAILURES(X)                                            \
	X(TIMEOUT, "timeout", "no answer in time",                  \
	    "look at the server, and at the network on the way")    \
	X(RESOLVE, "resolve", "the host is not found",              \
	    "look at jwks_url, and at the name servers")            \
	X(CONNECT, "connect", "no connection can be made",          \
	    "look at the server, and at firewalls on the way")      \
	X(TLS, "tls", "no TLS with the server",                     \
	    "see the line before this one")                         \
	X(CLOSED, "closed", "closed before the answer is complete", \
	    "see the log of the server")                            \
	X(HTTP, "http", "what came is not HTTP",                    \
	    "look at jwks_url: another server may be there")        \
	X(SIZE, "size", "the answer is too large",                  \
	    "256 KiB are enough for 64 keys: look at jwks_url")     \
	X(STATUS, "status", "the status is not 200",                \
	    "look at jwks_url; no redirect is followed")            \
	X(KEYS, "keys", "no set of keys that can be used",          \
	    "look at what is at jwks_url, and at algorithms")       \
	X(MEMORY, "memory", "out of memory", "give the gateway more of it")

enum jwks_failure {
	JWKS_FAILURE_NONE,
#define X(id, label, text, remedy) JWKS_FAILURE_##id,
	JWKS_FAILURES(X)
#undef X
};

#endif
