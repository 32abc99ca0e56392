/*
 * embedded_call: one command of a publisher on its way, and what the tables of
 * commands have in common: rows, arguments, replies. Only the files that
 * carry out commands include it.
 */
#ifndef BACKEND_EMBEDDED_CALL_H
#define BACKEND_EMBEDDED_CALL_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/embedded_session.h"
#include "proto/resp.h"
#include "proto/resp_write.h"

/* Libraries choose what they send by this version. */
#define EMBEDDED_REDIS_VERSION "7.0.0"

struct call {
	const struct embedded_host *host;
	struct embedded_session *session;
	const struct resp_value *command; /* words and count are of it */
	const struct resp_item *words;    /* the command's name is the first */
	size_t count;
	struct resp_writer w;
};

typedef enum embedded_outcome (*command_fn)(struct call *c);

enum {
	COMMAND_OPEN = 1 << 0,    /* before AUTH too */
	COMMAND_AT_ONCE = 1 << 1, /* never queued in a transaction */
	COMMAND_LISTENS = 1 << 2, /* while a channel is heard as well */
};

struct call_row {
	const char *name;
	size_t min_words; /* with the name; a subcommand's with both */
	size_t max_words;
	unsigned flags;
	command_fn run;
	/*
	 * Whether it may run, or be queued; false when the reply, an error,
	 * is written. NULL when its words decide nothing.
	 */
	bool (*check)(struct call *c);
};

/* --- arguments --- */

struct slice embedded_call_word(const struct call *c, size_t i);

/* Without regard to case; false where there are not so many words. */
bool embedded_call_word_is(const struct call *c, size_t i, const char *text);

/* The row of a table that word i names, or NULL. */
const struct call_row *embedded_call_find(
    const struct call *c, size_t i, const struct call_row *table, size_t count);

/* Whether there are as many words as it wants; else the error is written. */
bool embedded_call_has_words(struct call *c, const struct call_row *parent,
    const struct call_row *command);

/* --- replies; all but the last go on with the connection --- */

enum embedded_outcome embedded_call_ok(struct call *c);

/* text begins with Redis' own code: libraries look at it. */
enum embedded_outcome embedded_call_error(struct call *c, const char *text);

/* Bytes of the publisher within an error: cut, and no line ends. */
void embedded_call_put_shown(struct call *c, struct slice text);

#endif
