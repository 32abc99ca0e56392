/*
 * conf_events: what apps are told of connections and rooms, and where: a stream
 * or a channel of the same Redis that payloads come from, or of the embedded
 * port.
 */
#ifndef CONF_CONF_EVENTS_H
#define CONF_CONF_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf_strings.h"

struct conf;

/* Words of events.kinds, and the bits that they stand for. */
#define CONF_EVENTS_WORD_CONNECTIONS "connections"
#define CONF_EVENTS_WORD_ROOMS       "rooms"
#define CONF_EVENTS_WORD_OCCUPANCY   "occupancy"

enum {
	CONF_EVENTS_CONNECTIONS = 1 << 0, /* connected, disconnected */
	CONF_EVENTS_ROOMS = 1 << 1,       /* joined, left */
	CONF_EVENTS_OCCUPANCY = 1 << 2,   /* occupied, vacated */
	/* Of either, as both end with their instance: instance_gone. */
	CONF_EVENTS_OF_LEASE = CONF_EVENTS_CONNECTIONS | CONF_EVENTS_OCCUPANCY,
};

struct conf_events {
	bool is_on;    /* the rest counts only then */
	char *stream;  /* a key, to which they are XADDed; or NULL */
	char *channel; /* where they are PUBLISHed; or NULL. One of both */
	size_t maxlen; /* of the stream */
	struct conf_strings kinds; /* as configured, and as bits: */
	unsigned kind_bits;
	int64_t lease_ms; /* of an instance; counts also when they are off */
};

/*
 * Whether others must know when this instance is gone: a route has presence, or
 * events say who is there.
 */
bool conf_needs_lease(const struct conf *c);

/* Whether a route has presence. */
bool conf_has_presence(const struct conf *c);

#endif
