/*
 * dial: a URL to an address that connect takes.
 */
#ifndef BENCH_DIAL_H
#define BENCH_DIAL_H

#include <sys/socket.h>

#include "base/err.h"

struct dial {
	struct sockaddr_storage address;
	socklen_t len;
	char host[256]; /* as written, for a Host header */
};

/*
 * Read SCHEME://host:port[/...] or unix:///path, whatever the scheme's name;
 * resolves, and may block for it. 0, or -EINVAL and e filled.
 */
int dial_parse(struct dial *d, const char *url, struct err *e)
    __attribute__((warn_unused_result));

#endif
