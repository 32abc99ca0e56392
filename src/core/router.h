/*
 * router: from a payload on a channel to mail in the outbox. It has it parsed,
 * resolves the names, deflates and encodes once, and drops what is malformed
 * with a count and a line in the log. Part of the hub; main thread only.
 */
#ifndef CORE_ROUTER_H
#define CORE_ROUTER_H

#include "base/slice.h"
#include "core/backend.h"
#include "core/compressor.h"
#include "core/lookup.h"
#include "core/parse.h"

struct conf;
struct keeper;
struct metrics;
struct outbox;
struct watches;
struct worker_shared;

struct router {
	struct watches *watches; /* borrowed, as the next three */
	struct outbox *outbox;
	struct metrics *metrics;
	struct keeper *keeper;
	struct lookup lookup;
	struct compressor compressor;
	struct parse parse;
	char why_not[ENVELOPE_FAULT_TEXT_MAX]; /* of the last verdict */
	unsigned kinds; /* bit set of enum message_kind that routes ask for */
};

void router_init(struct router *r, const struct conf *conf,
    const struct worker_shared *shared, struct watches *watches,
    struct outbox *outbox, struct keeper *keeper, struct metrics *metrics);
void router_fini(struct router *r);

/*
 * Put what the payload asks for into the outbox, and what is kept of it to the
 * keeper.
 */
struct backend_verdict router_take(
    struct router *r, const struct backend_message *m);

/* Drop, count and log a payload that must be; do nothing with another. */
struct backend_verdict router_check(
    struct router *r, const struct backend_message *m);

#endif
