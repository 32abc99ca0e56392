/*
 * router: from a payload on a channel to mail in the outbox. It has it parsed,
 * resolves the names, deflates and encodes once, and drops what is malformed
 * with a count and a line in the log. Part of the hub; main thread only.
 */
#ifndef CORE_ROUTER_H
#define CORE_ROUTER_H

#include <stdbool.h>

#include "base/list.h"
#include "base/slice.h"
#include "core/backend.h"
#include "core/compressor.h"
#include "core/lookup.h"
#include "core/parse.h"

struct conf;
struct keeper;
struct metrics;
struct outbox;
struct publication;
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
	struct list publications;        /* of core/publication; under way */
	struct publication *publication; /* the payload at hand is this one */
	uint32_t read_us; /* when the backend was read: core/message */
	uint64_t posted;  /* to which workers, of the last payload */
	bool glances;     /* before it reads an envelope: core/glance */
	unsigned kinds;   /* bit set of enum message_kind that routes ask for,
			   * or have asked for */
};

void router_init(struct router *r, const struct conf *conf,
    const struct worker_shared *shared, struct watches *watches,
    struct outbox *outbox, struct keeper *keeper, struct metrics *metrics);
void router_fini(struct router *r);
/*
 * Go by this configuration, whose channels are borrowed: in each kind of frame
 * that somebody may still want of one before, too. False: what was made up to
 * now may be in no form that who comes from now on wants.
 */
bool router_use_conf(struct router *r, const struct conf *conf);

/*
 * Put what the payload asks for into the outbox, and what is kept of it to the
 * keeper.
 */
struct backend_verdict router_take(
    struct router *r, const struct backend_message *m);

/* What is wrong with a payload, in r->why_not; or NULL. Nothing is counted. */
const char *router_judge(struct router *r, const struct backend_message *m);

/* Drop, count and log a payload that must be; do nothing with another. */
struct backend_verdict router_check(
    struct router *r, const struct backend_message *m);

#endif
