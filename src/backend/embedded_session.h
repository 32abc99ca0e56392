/*
 * embedded_session: what a publisher of the embedded port has said about
 * itself, and what all of them share. Commands change it; no sockets.
 */
#ifndef BACKEND_EMBEDDED_SESSION_H
#define BACKEND_EMBEDDED_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/embedded_events.h"
#include "backend/embedded_transaction.h"

struct backend_sink;
struct conf;
struct embedded_stream;

/* What all publishers share; borrowed. */
struct embedded_host {
	const struct conf *conf;
	const struct backend_sink *sink;
	void *arg; /* of the sink */
	struct transaction_budget *budget;
	const char *password;           /* that AUTH wants; NULL: all are in */
	struct embedded_stream *stream; /* with history.stream; or NULL */
	struct embedded_events *events;
};

struct embedded_session {
	uint64_t id;
	bool is_authenticated;
	bool is_resp3;
	bool is_silent;  /* CLIENT REPLY OFF */
	bool skips_this; /* CLIENT REPLY SKIP came before this command */
	bool skips_next;
	char name[64]; /* CLIENT SETNAME; "" for none */
	struct transaction transaction;
	struct embedded_listener listener;
};

/* What a command means for the connection on which it came. */
enum embedded_outcome {
	EMBEDDED_GO_ON,
	EMBEDDED_QUIT,   /* send what is in the reply, then close */
	EMBEDDED_ATTACK, /* a browser was made to send this: close at once */
	EMBEDDED_NO_MEMORY,
};

/* A publisher that has just connected; host outlives it. */
void embedded_session_init(
    struct embedded_session *s, const struct embedded_host *host, uint64_t id);
void embedded_session_fini(struct embedded_session *s);

#endif
