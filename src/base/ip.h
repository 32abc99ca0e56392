/*
 * ip: the address of a client, in one form for both families.
 *
 * Sixteen bytes: IPv6 as it is, IPv4 mapped into it (::ffff:0:0/96, RFC 4291,
 * section 2.5.5.2). So an IPv4 client is the same one whether it came to an
 * IPv4 socket, to a dual-stack one, or through a balancer that says either.
 * Where to listen is another matter: base/address.
 */
#ifndef BASE_IP_H
#define BASE_IP_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/slice.h"

struct sockaddr;

enum {
	IP_BYTES = 16,
	IP_V4_OFFSET = 12, /* where the bytes of a mapped IPv4 address begin */
	IP_TEXT_MAX = 46,  /* the longest text with its NUL */
	IP_PORT_TEXT_MAX = IP_TEXT_MAX + sizeof "[]:65535" - 1,
};

struct ip {
	unsigned char bytes[IP_BYTES]; /* network order */
};

/* The address of these four bytes in network order, and of these sixteen. */
struct ip ip_from_v4(const void *bytes);
struct ip ip_from_v6(const void *bytes);

/*
 * The address in a socket address. False when it has none (a unix socket);
 * *ip is then all zeros. *port, unless NULL, is the port in host order.
 */
bool ip_from_sockaddr(
    const struct sockaddr *addr, struct ip *ip, uint16_t *port);

/*
 * Read 192.0.2.7 or 2001:db8::7: no brackets, no port, no zone, and none of
 * the short IPv4 spellings (10.1, 0x7f.1, leading zeros). False otherwise.
 */
bool ip_parse(struct slice text, struct ip *ip);

/* Write an address for people, NUL-terminated: a mapped one as plain IPv4. */
void ip_format(const struct ip *ip, char out[IP_TEXT_MAX]);

/*
 * As ip_format with the port behind it: 192.0.2.7:80, [2001:db8::7]:80. Port 0
 * is none: then it is the address alone.
 */
void ip_format_port(
    const struct ip *ip, uint16_t port, char out[IP_PORT_TEXT_MAX]);

bool ip_is_v4(const struct ip *ip);

/*
 * The address that a limit per client counts: the whole of an IPv4 one, the /64
 * of an IPv6 one, because a single subscriber owns at least that much of it.
 */
struct ip ip_subscriber(const struct ip *ip);

static inline bool ip_eq(const struct ip *a, const struct ip *b)
{
	return memcmp(a->bytes, b->bytes, IP_BYTES) == 0;
}

#endif
