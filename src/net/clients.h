/*
 * clients: who a client is, when proxies stand between, and how many of them
 * there may be of one address.
 */
#ifndef NET_CLIENTS_H
#define NET_CLIENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "core/refused.h"

struct conf;
struct conf_listen;
struct conn;
struct http_head;

/* Whether anything on this listener depends on the client's address. */
bool clients_matter(const struct conf *conf, const struct conf_listen *listen);

/*
 * Whether the socket's peer may speak for others: its address is listed as
 * trusted, or it came through a unix socket, which file permissions guard.
 */
bool clients_is_trusted(const struct conn *c, const struct conf_listen *listen);

/* A PROXY header named this address; -ENOMEM or 0. */
int clients_set(struct conn *c, const struct ip *ip, uint16_t port)
    __attribute__((warn_unused_result));

/*
 * Keep the address that the socket tells: it does so no longer when the peer
 * has reset the connection. 0 or -ENOMEM.
 */
int clients_keep(struct conn *c) __attribute__((warn_unused_result));

/*
 * Take the address from X-Forwarded-For, when who sent the head is trusted; a
 * unix socket's peer is when 127.0.0.1 is. 0 or -ENOMEM.
 */
int clients_set_forwarded(struct conn *c, const struct conf_listen *listen,
    const struct http_head *head, const char *bytes)
    __attribute__((warn_unused_result));

/* Count the client against the limits of its address, or say why not. */
enum refused clients_admit(struct conn *c);

/* The connection has gone: count it no more, free what was kept. */
void clients_release(struct conn *c);

#endif
