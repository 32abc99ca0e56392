/*
 * proxy: the header with which a TCP balancer says for whom it connects: the
 * PROXY protocol, version 1 (a line of text) and 2 (binary), as HAProxy's
 * proxy-protocol.txt describes it.
 *
 * Incremental: call proxy_parse again with the same bytes and more behind
 * them. Whether the peer may speak for others is the caller's to check before:
 * anyone can write such a header.
 */
#ifndef PROTO_PROXY_H
#define PROTO_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/slice.h"

/* No header is longer; what is not complete by then never will be. */
enum { PROXY_HEADER_MAX = 536 };

enum proxy_status {
	PROXY_MORE, /* fine so far, not complete */
	PROXY_DONE,
	PROXY_BAD, /* no header, or a broken one */
};

struct proxy_header {
	size_t size; /* of the header: what follows is the client's */
	/*
	 * Else (LOCAL, UNKNOWN, AF_UNSPEC, AF_UNIX) the socket's own address
	 * counts.
	 */
	bool has_source;
	struct ip source;
	uint16_t port; /* of the source */
};

/*
 * Parse what has come so far: bytes is always the whole input since the
 * connection began. *out is set when done; *why, a short text for the log,
 * when bad. Type-length-values behind the addresses must fit but are not
 * looked into, a checksum among them included: TCP has its own.
 */
enum proxy_status proxy_parse(
    struct slice bytes, struct proxy_header *out, const char **why);

#endif
