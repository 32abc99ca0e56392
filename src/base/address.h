/*
 * address: where to listen or to connect, by its spelling only; nothing is
 * resolved.
 */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

enum {
	ADDRESS_HOST_MAX = 253, /* a DNS name */
	ADDRESS_PATH_MAX = 107, /* sun_path without its NUL */
	ADDRESS_TEXT_MAX = ADDRESS_HOST_MAX + sizeof "[]:65535",
};

struct address {
	bool is_unix;
	char host[ADDRESS_HOST_MAX + 1]; /* no brackets; a path when unix */
	uint16_t port;                   /* 0: any that is free */
};

/*
 * Read host:port, [v6]:port, *:port (host "*": every address of the machine)
 * or unix:/path. Returns 0, or -EINVAL with e saying what is wrong, without
 * quoting text. Any thread.
 */
int address_parse(struct address *a, const char *text, struct err *e)
    __attribute__((warn_unused_result));

/*
 * As address_parse for host, host:port, [v6] and [v6]:port; without a port
 * it is default_port, or an error when that is negative.
 */
int address_parse_tcp(struct address *a, struct slice text, int default_port,
    struct err *e) __attribute__((warn_unused_result));

/* As address_parse for the path of a unix socket. */
int address_parse_path(struct address *a, struct slice path, struct err *e)
    __attribute__((warn_unused_result));

/* Write the address as address_parse reads it, NUL-terminated. */
void address_format(const struct address *a, char out[ADDRESS_TEXT_MAX]);

/*
 * Whether a and b mean one address, however spelt; names are not looked up.
 * Port 0 is never the same.
 */
bool address_is_same(const struct address *a, const struct address *b);

/* Whether only this machine reaches the address: a unix socket, or loopback. */
bool address_is_local(const struct address *a);

/*
 * The meaning of a host that is a wildcard: "every address", "every IPv4
 * address", "every IPv6 address"; NULL when the host is none.
 */
const char *address_wildcard(const struct address *a);

/*
 * Whether the wildcard a takes b as well, so that no two sockets could have
 * them both. A name is taken by * only: which address it has is not known.
 */
bool address_covers(const struct address *a, const struct address *b);

#endif
