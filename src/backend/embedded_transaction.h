/*
 * embedded_transaction: what a publisher has sent since MULTI. The commands
 * are copied, for the bytes they came in are gone by the time of EXEC; then
 * they are taken out one by one, so that even the longest transaction is
 * carried out in turns.
 *
 * NONE -> begin -> OPEN -> run -> RUNNING -> (the last is taken) end -> NONE.
 * A command that can never run makes it VOID, which remembers nothing and
 * waits for EXEC or DISCARD.
 */
#ifndef BACKEND_EMBEDDED_TRANSACTION_H
#define BACKEND_EMBEDDED_TRANSACTION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "proto/resp.h"

enum { TRANSACTION_COMMANDS_MAX = 16384 };

/* Bytes that are queued, the lengths of the words among them. */
struct transaction_budget {
	size_t one;  /* the most of one publisher */
	size_t all;  /* the most of all publishers */
	size_t used; /* of all, now */
};

enum transaction_state {
	TRANSACTION_NONE,
	TRANSACTION_OPEN,
	TRANSACTION_VOID,
	TRANSACTION_RUNNING,
};

/* Zero-initialised is none. */
struct transaction {
	enum transaction_state state;
	struct buf queued;
	size_t count; /* commands that are queued, and not taken yet */
	size_t at;    /* of the next one, in queued */
	struct transaction_budget *budget; /* borrowed; NULL when none */
};

/* Open; the budget outlives the transaction. */
void embedded_transaction_begin(
    struct transaction *t, struct transaction_budget *budget);

/*
 * Queue a copy. 0; -E2BIG when one of the bounds on this transaction is met,
 * -EDQUOT when the one on all of them is, -ENOMEM.
 */
int embedded_transaction_add(struct transaction *t,
    const struct resp_value *command) __attribute__((warn_unused_result));

/* Forget what is queued; it never runs. */
void embedded_transaction_void(struct transaction *t);

/* From now on embedded_transaction_next gives the commands. */
void embedded_transaction_run(struct transaction *t);

/*
 * Take the next command of a running transaction: whether there was one.
 * *command is filled with items, and valid until the end of the transaction.
 */
bool embedded_transaction_next(struct transaction *t,
    struct resp_item items[RESP_MAX_ITEMS], struct resp_value *command);

/* Whether commands are queued, or would be in a void one: MULTI has come. */
bool embedded_transaction_is_queuing(const struct transaction *t);

/* Back to none, from any state. */
void embedded_transaction_end(struct transaction *t);

#endif
