/*
 * forwarded: who the client is, behind reverse proxies: X-Forwarded-For.
 *
 * Each proxy appends the address it was called from, so the list is worth as
 * much as those who wrote it: it is read from its end, through the proxies
 * that are trusted, up to the first address that is not. What stands to the
 * left of that one is the client's own invention.
 */
#ifndef PROTO_FORWARDED_H
#define PROTO_FORWARDED_H

#include <stddef.h>

#include "base/ip.h"
#include "base/prefix.h"
#include "base/slice.h"

struct http_head;

enum {
	FORWARDED_MAX_ENTRIES = 64, /* read from the end; */
	FORWARDED_MAX_BYTES = 4096, /* what is before them is not looked at */
};

/*
 * The client's address. values are those of all headers of this name in their
 * order, which make one list. The peer itself when it is not trusted, and
 * when the list is empty; the left-most entry when all are trusted. A broken
 * entry ends the walk, and so does one that is past the bounds above: the
 * last good address counts then, a trusted one. Ports and brackets are taken
 * and ignored. Any thread.
 */
struct ip forwarded_client(const struct slice *values, size_t count,
    const struct ip *peer, const struct prefix *trusted, size_t trusted_count);

/* The same by the X-Forwarded-For headers of a request's head. */
struct ip forwarded_client_of(const struct http_head *head, const char *bytes,
    const struct ip *peer, const struct prefix *trusted, size_t trusted_count);

#endif
