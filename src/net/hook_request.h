/*
 * hook_request: the request that asks the app about a client.
 */
#ifndef NET_HOOK_REQUEST_H
#define NET_HOOK_REQUEST_H

#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"

struct url;

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

/*
 * Append the whole request to the app at u. A header is left out when a control
 * character but the tab is in its value, when its name is no token, and when it
 * is reserved (conf/reserved.h): a client cannot speak for the gateway, nor add
 * a line.
 * Returns 0, or -ENOMEM with out unchanged.
 */
int hook_request_print(const struct url *u, const struct hook_request *rq,
    struct buf *out) __attribute__((warn_unused_result));

#endif
