/*
 * parse: what a payload is, by the channel that it was published on, and what
 * is wrong with it; before anybody it names has been looked up. Part of the
 * router; main thread only.
 */
#ifndef CORE_PARSE_H
#define CORE_PARSE_H

#include <stddef.h>

#include "base/slice.h"
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
	struct slice send, broadcast, commands, room_prefix;
	size_t max_bytes;
	/* What the last payload of its kind was. */
	struct envelope envelope;
	struct control control;
	struct envelope_fault too_big;
};

/* The channels of conf are borrowed. */
void parse_init(struct parse *p, const struct conf *conf);
void parse_fini(struct parse *p);

enum channel parse_channel(const struct parse *p, struct slice channel);
/* The name of a CHANNEL_ROOM's room. */
struct slice parse_room(const struct parse *p, struct slice channel);

/*
 * Parse the payload, whose channel is of this kind: p->envelope or p->control
 * are what it says. NULL, or what is wrong with it, until the next one.
 */
const struct envelope_fault *parse_payload(
    struct parse *p, enum channel kind, const struct backend_message *m);

#endif
