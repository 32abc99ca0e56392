/*
 * embedded_commands: what publishers may ask of the embedded port. One table
 * of commands; each reads its arguments and appends its reply. No sockets.
 */
#ifndef BACKEND_EMBEDDED_COMMANDS_H
#define BACKEND_EMBEDDED_COMMANDS_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/embedded_transaction.h"
#include "base/buf.h"
#include "proto/resp.h"

struct backend_sink;
struct conf;

/* What all publishers share; borrowed. */
struct embedded_host {
	const struct conf *conf;
	const struct backend_sink *sink;
	void *arg; /* of the sink */
	struct transaction_budget *budget;
};

/* What a publisher has said about itself. */
struct embedded_session {
	uint64_t id;
	bool is_authenticated;
	bool is_resp3;
	bool is_silent;  /* CLIENT REPLY OFF */
	bool skips_this; /* CLIENT REPLY SKIP came before this command */
	bool skips_next;
	char name[64]; /* CLIENT SETNAME; "" for none */
	struct transaction transaction;
};

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

/*
 * The next command of a transaction that EXEC has begun to carry out: it comes
 * before any that is read. False when there is none. *command is filled with
 * items, and valid until embedded_execute has executed it.
 */
bool embedded_next_queued(struct embedded_session *s,
    struct resp_item items[RESP_MAX_ITEMS], struct resp_value *command);

/*
 * Execute a command of at least one string, or queue it in a transaction, and
 * append its reply to out, unless the publisher wants none. A payload goes to
 * the sink before this returns.
 */
enum embedded_outcome embedded_execute(const struct embedded_host *host,
    struct embedded_session *session, const struct resp_value *command,
    struct buf *out) __attribute__((warn_unused_result));

#endif
