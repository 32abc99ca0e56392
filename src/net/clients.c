#include "net/clients.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/prefix.h"
#include "conf/conf.h"
#include "core/conn.h"
#include "core/worker.h"
#include "net/addresses.h"
#include "net/net_shared.h"
#include "proto/forwarded.h"

static bool has_limits(const struct conf *conf)
{
	return conf->limits.connections_per_address > 0 ||
	       conf->limits.handshakes_per_address > 0;
}

bool clients_matter(const struct conf *conf, const struct conf_listen *listen)
{
	return listen->proxy_protocol || listen->trusted.count > 0 ||
	       has_limits(conf);
}

static bool is_listed(const struct conf_listen *listen, const struct ip *ip)
{
	return prefix_any_holds(
	    listen->trusted_prefixes, listen->trusted.count, ip);
}

bool clients_is_trusted(const struct conn *c, const struct conf_listen *listen)
{
	struct ip ip;
	uint16_t port;

	return !conn_address(c, &ip, &port) || is_listed(listen, &ip);
}

int clients_set(struct conn *c, const struct ip *ip, uint16_t port)
{
	if (!c->client) {
		c->client = try_alloc(sizeof *c->client);
		if (!c->client)
			return -ENOMEM;
	}
	*c->client = (struct client){ .ip = *ip, .port = port };
	return 0;
}

int clients_keep(struct conn *c)
{
	struct ip ip;
	uint16_t port;

	return conn_address(c, &ip, &port) ? clients_set(c, &ip, port) : 0;
}

int clients_set_forwarded(struct conn *c, const struct conf_listen *listen,
    const struct http_head *head, const char *bytes)
{
	static const unsigned char loopback[] = { 127, 0, 0, 1 };
	struct ip ip = { { 0 } }, client;
	uint16_t port;

	if (listen->trusted.count == 0)
		return 0;
	if (!conn_address(c, &ip, &port))
		ip = ip_from_v4(loopback); /* a unix socket's is local, too */
	if (!is_listed(listen, &ip))
		return 0;
	client = forwarded_client_of(
	    head, bytes, &ip, listen->trusted_prefixes, listen->trusted.count);
	return ip_eq(&client, &ip) ? 0 : clients_set(c, &client, 0);
}

enum refused clients_admit(struct conn *c)
{
	const struct worker *w = c->worker;
	const struct net_shared *net = w->shared->net;
	struct ip ip;
	uint16_t port;

	if (!has_limits(w->conf) || !conn_address(c, &ip, &port))
		return REFUSED_NOT;
	if (clients_set(c, &ip, port) < 0)
		return REFUSED_MEMORY;
	switch (addresses_admit(net->addresses, &ip, w->now_ms)) {
	case ADDRESSES_ADMITTED:
		c->client->is_counted = true;
		return REFUSED_NOT;
	case ADDRESSES_TOO_MANY:
		return REFUSED_ADDRESS_FULL;
	case ADDRESSES_TOO_FAST:
		return REFUSED_ADDRESS_FAST;
	case ADDRESSES_NO_MEMORY:
		break;
	}
	return REFUSED_MEMORY;
}

void clients_release(struct conn *c)
{
	const struct net_shared *net = c->worker->shared->net;

	if (c->client && c->client->is_counted)
		addresses_release(net->addresses, &c->client->ip);
	free(c->client);
	c->client = NULL;
}
