/* ip: see ip.h. inet_pton and inet_ntop, for mapped addresses too. */
#include "base/ip.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

enum { SUBSCRIBER_BYTES = 8 };

static const unsigned char mapped[IP_V4_OFFSET] = { [10] = 0xff, [11] = 0xff };

struct ip ip_from_v4(const void *bytes)
{
	struct ip ip;

	memcpy(ip.bytes, mapped, IP_V4_OFFSET);
	memcpy(ip.bytes + IP_V4_OFFSET, bytes, IP_BYTES - IP_V4_OFFSET);
	return ip;
}

struct ip ip_from_v6(const void *bytes)
{
	struct ip ip;

	memcpy(ip.bytes, bytes, IP_BYTES);
	return ip;
}

bool ip_from_sockaddr(
    const struct sockaddr *addr, struct ip *ip, uint16_t *port)
{
	if (addr->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)addr;

		*ip = ip_from_v4(&in->sin_addr);
		if (port)
			*port = ntohs(in->sin_port);
		return true;
	}
	if (addr->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)addr;

		*ip = ip_from_v6(&in6->sin6_addr);
		if (port)
			*port = ntohs(in6->sin6_port);
		return true;
	}
	*ip = (struct ip){ { 0 } };
	if (port)
		*port = 0;
	return false;
}

bool ip_parse(struct slice text, struct ip *ip)
{
	char copy[IP_TEXT_MAX];
	struct in_addr in;
	struct in6_addr in6;

	if (text.len == 0 || text.len >= sizeof copy ||
	    memchr(text.ptr, '\0', text.len))
		return false;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	if (inet_pton(AF_INET, copy, &in) == 1)
		*ip = ip_from_v4(&in);
	else if (inet_pton(AF_INET6, copy, &in6) == 1)
		*ip = ip_from_v6(&in6);
	else
		return false;
	return true;
}

void ip_format(const struct ip *ip, char out[IP_TEXT_MAX])
{
	const char *text =
	    ip_is_v4(ip)
		? inet_ntop(AF_INET, ip->bytes + IP_V4_OFFSET, out, IP_TEXT_MAX)
		: inet_ntop(AF_INET6, ip->bytes, out, IP_TEXT_MAX);

	if (!text)
		out[0] = '\0'; /* cannot be: both fit */
}

void ip_format_port(
    const struct ip *ip, uint16_t port, char out[IP_PORT_TEXT_MAX])
{
	char text[IP_TEXT_MAX];

	ip_format(ip, text);
	if (port == 0)
		(void)snprintf(out, IP_PORT_TEXT_MAX, "%s", text);
	else
		(void)snprintf(out, IP_PORT_TEXT_MAX,
		    ip_is_v4(ip) ? "%s:%u" : "[%s]:%u", text, (unsigned)port);
}

bool ip_is_v4(const struct ip *ip)
{
	return memcmp(ip->bytes, mapped, IP_V4_OFFSET) == 0;
}

struct ip ip_subscriber(const struct ip *ip)
{
	struct ip key = *ip;

	if (!ip_is_v4(ip))
		memset(key.bytes + SUBSCRIBER_BYTES, 0,
		    IP_BYTES - SUBSCRIBER_BYTES);
	return key;
}
