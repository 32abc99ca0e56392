/*
 * parse: what a payload is, by the channel that it was published on, and what
 * is wrong with it; before anybody it names has been looked up. Part of the
 * router; main thread only.
 */
#ifndef CORE_PARSE_H
#define CORE_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "conf/conf_generations.h"
#include "proto/control.h"
#include "proto/envelope.h"

struct backend_message;
struct conf;

enum channel {
	CHANNEL_SEND,
	CHANNEL_BROADCAST,
	CHANNEL_COMMANDS,
	CHANNEL_ROOM,
	CHANNEL_OTHER, /* a backend should have asked for none */
};

struct parse {
	struct conf_generations confs;
	/* What the last payload of its kind was. */
	struct envelope envelope;
	struct control control;
	struct envelope_fault too_big;
};

void parse_init(struct parse *p, const struct conf *conf);
/* Go by this configuration: its channels count before those of the former. */
void parse_use_conf(struct parse *p, const struct conf *conf);
void parse_fini(struct parse *p);

enum channel parse_channel(const struct parse *p, struct slice channel);
/* The name of a CHANNEL_ROOM's room. */
struct slice parse_room(const struct parse *p, struct slice channel);

/* Whether it is here, and within limits.payload. */
bool parse_has_all(const struct parse *p, const struct backend_message *m);

/*
 * Parse the payload, whose channel is of this kind: p->envelope or p->control
 * are what it says. NULL, or what is wrong with it, until the next one.
 */
const struct envelope_fault *parse_payload(
    struct parse *p, enum channel kind, const struct backend_message *m);

/*
 * At debug: what has been parsed, and how many workers it has gone to, a bit
 * for each. Those say how many connections it has reached (core/fanout).
 */
void parse_log(const struct parse *p, enum channel kind,
    const struct backend_message *m, uint64_t workers);

#endif
