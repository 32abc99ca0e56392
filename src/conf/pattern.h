/*
 * pattern: route paths with {parameters}, and the templates that make room
 * names from them. Compiled once when the configuration is read, matched and
 * expanded for every handshake. Pure: no percent-decoding here (proto/http
 * decodes each segment once before it is matched).
 */
#ifndef CONF_PATTERN_H
#define CONF_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/slice.h"

enum { PATTERN_MAX_SEGMENTS = 32 };

/* A compiled route path. "/ws/{room}" has the segments "ws" and {room}. */
struct pattern {
	char *text; /* owned; as configured */
	struct pattern_segment {
		struct slice name; /* into text: literal bytes or parameter */
		bool is_parameter;
	} segments[PATTERN_MAX_SEGMENTS];
	size_t segment_count;
};

/* What a {placeholder} of a template stands for. */
enum template_source {
	TEMPLATE_LITERAL, /* the bytes themselves */
	TEMPLATE_PATH,    /* {name}: index is the segment of the pattern */
	TEMPLATE_QUERY,   /* {query.name}: several values split by comma */
	TEMPLATE_USER,    /* {user}: who the authenticator says it is */
	TEMPLATE_CLAIM,   /* {claim.NAME}: an array makes several rooms */
};

/* A compiled room template: its parts, one behind the other. */
struct template
{
	char *text; /* owned; as configured */
	struct template_part {
		enum template_source source;
		struct slice name; /* into text; without "query.", "claim." */
		size_t index;      /* TEMPLATE_PATH: segment number */
	} * parts;                 /* owned */
	size_t part_count;
};

/*
 * Compile text; p or t is then freed with *_fini. Returns 0 or -EINVAL with e
 * filled; nothing is then left to free. A path starts with '/', parameter
 * names are [A-Za-z_][A-Za-z0-9_]* and unique within it. What is behind the
 * first '/' is split at each '/': "/" has one empty segment, and so has "/ws/"
 * as its last; elsewhere an empty segment is refused. A template may name the
 * parameters of p, {query.NAME}, {user} and {claim.NAME}, and leaves a byte of
 * a room's name for each.
 */
int pattern_compile(struct pattern *p, const char *text, struct err *e)
    __attribute__((warn_unused_result));
void pattern_fini(struct pattern *p);
int template_compile(struct template *t, const char *text,
    const struct pattern *p, struct err *e) __attribute__((warn_unused_result));
void template_fini(struct template *t);

/* Whether a client has a hand in the room's name, by path or query. */
bool template_has_choice(const struct template *t);

/*
 * Whether the count decoded path segments match: same number, literals equal
 * byte by byte, parameters not empty. Any thread.
 */
bool pattern_match(
    const struct pattern *p, const struct slice *segments, size_t count);

/* Whether a matches every path that b matches. */
bool pattern_covers(const struct pattern *a, const struct pattern *b);

/* Whether both match the very same paths, whatever parameters are called. */
bool pattern_is_same(const struct pattern *a, const struct pattern *b);

#endif
