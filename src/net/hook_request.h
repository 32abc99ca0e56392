/*
 * hook_request: the request that asks the app about a client.
 */
#ifndef NET_HOOK_REQUEST_H
#define NET_HOOK_REQUEST_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

struct hook_header {
	struct slice name;
	struct slice value;
};

/* What the app is told of a client; all borrowed. */
struct hook_request {
	struct slice uri; /* the raw target of the client's request */
	const struct hook_header *headers; /* chosen by conf_auth.headers */
	size_t header_count;
	struct slice client_address;
	struct slice connection_id;
};

/* Where the app listens. */
struct hook_url {
	char host[254]; /* a name or an address, without brackets */
	unsigned short port;
	struct slice authority; /* for Host; borrowed from the URL */
	struct slice path;      /* borrowed from the URL */
};

/* Take http://host[:port]/path apart. Returns 0, or -EINVAL with e. */
int hook_url_parse(struct hook_url *u, const char *url, struct err *e)
    __attribute__((warn_unused_result));

/*
 * Append the whole request. A header is left out when a control character is in
 * its value, when its name is no token, and when it is reserved
 * (conf/reserved.h): a client cannot speak for the gateway, nor add a line.
 * Returns 0, or -ENOMEM with out unchanged.
 */
int hook_request_print(const struct hook_url *u, const struct hook_request *rq,
    struct buf *out) __attribute__((warn_unused_result));

#endif
