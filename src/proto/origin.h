/*
 * origin: which page a browser's request comes from (RFC 6454, section 7).
 *
 * Strict: one origin as browsers serialise it, or "null". A list of origins, a
 * path, a user, a name with a dot too many: no browser sends those, so nobody
 * who does is matched against anything. Whether a request without an Origin
 * may pass is not decided here.
 */
#ifndef PROTO_ORIGIN_H
#define PROTO_ORIGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

enum {
	ORIGIN_MAX = 512, /* bytes; longer ones are refused unread */
	ORIGIN_SCHEME_MAX = 32,
	ORIGIN_HOST_MAX = 253,
};

/* An origin taken apart: lower case, texts NUL-terminated. */
struct origin {
	bool is_null;    /* "null": nothing else counts then */
	bool is_address; /* the host is an IP address, not a name */
	uint16_t port;   /* http and https have a default; 0: none */
	char scheme[ORIGIN_SCHEME_MAX + 1];
	char host[ORIGIN_HOST_MAX + 1]; /* IPv6: shortest form, in brackets */
};

/* An origin that a route allows. */
struct origin_pattern {
	struct origin site; /* of a wildcard what is behind its "*." */
	bool is_wildcard;   /* any name below the host, at any depth, not it */
};

/* Read the value of an Origin header. False: it is no origin. Any thread. */
bool origin_parse(struct slice text, struct origin *out);

/* Whether the pattern allows the origin. A wildcard allows no IP address. */
bool origin_matches(const struct origin *o, const struct origin_pattern *p);

#endif
