/*
 * redis_turns: what is asked on a connection beside its commands, one of which
 * is under way at a time, and in whose turn an answer comes: ROLE at each
 * heartbeat, which may take further questions, and ASKING before each command.
 */
#ifndef BACKEND_REDIS_TURNS_H
#define BACKEND_REDIS_TURNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct redis_link;
struct resp_part;

struct redis_turns {
	struct redis_link *link; /* borrowed */
	int64_t beat_ms;
	int64_t role_ms;     /* when the server was asked for its role */
	bool is_role_behind; /* that answer comes after the command's */
	bool is_asking;      /* an ASKING goes before each command */
	bool awaits_asking;  /* its answer comes before the command's */
};

enum redis_turn {
	REDIS_TURN_COMMAND, /* the item belongs to the command's answer */
	REDIS_TURN_OTHER,   /* it did not; the link may be closed by now */
	REDIS_TURN_REFUSED, /* it is an error, and the answer to ASKING */
};

void redis_turns_init(
    struct redis_turns *t, struct redis_link *link, int64_t beat_ms);

/*
 * The link has become ready, and its server has just been asked for its role.
 */
void redis_turns_begin(struct redis_turns *t, bool is_asking);

/* Whether it is time for a heartbeat: the next command will bring it. */
bool redis_turns_is_due(const struct redis_turns *t);

/* Send a command, and what goes ahead of it. As redis_link_send. */
int redis_turns_send(struct redis_turns *t, const struct slice *arguments,
    size_t count) __attribute__((warn_unused_result));

/* The next item that has come. */
enum redis_turn redis_turns_take(
    struct redis_turns *t, const struct resp_part *part);

/* The command's answer has come. */
void redis_turns_end(struct redis_turns *t);

#endif
