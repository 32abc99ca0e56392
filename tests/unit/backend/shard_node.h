/*
 * shard_node: a master of a cluster as the gateway meets it when it subscribes
 * channels of shards: it confirms, answers as a test says, and notes what it is
 * told. On the test's own loop.
 */
#ifndef SHARD_NODE_H
#define SHARD_NODE_H

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>

#include "backend/redis_slot.h"
#include "base/address.h"
#include "proto/resp_items.h"
#include "unit.h"

struct shard_node {
	struct event_base *base;
	struct evconnlistener *listener; /* NULL: it is not there */
	struct bufferevent *client;      /* or NULL */
	struct resp_items *in;           /* what that one says; the same */
	char command[16];                /* of which words are to come */
	int64_t words, words_left;
	bool is_refusing; /* that command */
	struct address address;
	uint16_t refused; /* a slot, of which it answers this to SSUBSCRIBE */
	char error[ADDRESS_TEXT_MAX + 16]; /* "": it confirms */
	bool is_deaf;                      /* SUNSUBSCRIBE is not answered */
	unsigned clients;                  /* that have come */
	unsigned channels;                 /* that it has confirmed */
};

static inline void shard_node_say(struct shard_node *n, const char *kind,
    struct slice channel, const char *last)
{
	struct evbuffer *out = bufferevent_get_output(n->client);

	evbuffer_add_printf(out, "*3\r\n$%zu\r\n%s\r\n$%zu\r\n%.*s\r\n",
	    strlen(kind), kind, channel.len, (int)channel.len, channel.ptr);
	if (last)
		evbuffer_add_printf(out, "$%zu\r\n%s\r\n", strlen(last), last);
	else
		evbuffer_add_printf(out, ":1\r\n");
}

static inline bool shard_node_is(
    const struct shard_node *n, const char *command)
{
	return strcmp(n->command, command) == 0;
}

/* All channels of a command have one slot. */
static inline void shard_node_subscribe(
    struct shard_node *n, struct slice channel)
{
	if (n->error[0] && redis_slot_of(channel) == n->refused) {
		n->is_refusing = true;
		return;
	}
	shard_node_say(n, "ssubscribe", channel, NULL);
	n->channels++;
}

static inline void shard_node_take_word(struct shard_node *n, struct slice word)
{
	if (n->words == n->words_left)
		(void)snprintf(n->command, sizeof n->command, "%.*s",
		    (int)word.len, word.ptr);
	else if (shard_node_is(n, "SSUBSCRIBE"))
		shard_node_subscribe(n, word);
	else if (shard_node_is(n, "SUNSUBSCRIBE") && !n->is_deaf)
		shard_node_say(n, "sunsubscribe", word, NULL);
}

static inline void shard_node_end_command(struct shard_node *n)
{
	struct evbuffer *out = bufferevent_get_output(n->client);

	if (n->is_refusing)
		evbuffer_add_printf(out, "-%s\r\n", n->error);
	else if (shard_node_is(n, "PING"))
		evbuffer_add_printf(out, "*2\r\n$4\r\npong\r\n$0\r\n\r\n");
	else if (shard_node_is(n, "SUNSUBSCRIBE") && n->words == 1)
		evbuffer_add_printf(
		    out, "*3\r\n$12\r\nsunsubscribe\r\n$-1\r\n:0\r\n");
	else if (shard_node_is(n, "CLIENT"))
		evbuffer_add_printf(out, "+OK\r\n");
}

static inline void shard_node_take(
    struct shard_node *n, const struct resp_part *part)
{
	if (part->type == RESP_ARRAY) {
		n->words = n->words_left = part->number;
		n->is_refusing = false;
		return;
	}
	shard_node_take_word(n, part->text);
	if (--n->words_left == 0)
		shard_node_end_command(n);
}

static inline void shard_node_on_read(struct bufferevent *client, void *arg)
{
	struct evbuffer *bytes = bufferevent_get_input(client);
	struct shard_node *n = arg;
	struct resp_part part;
	struct err e;
	size_t len = evbuffer_get_length(bytes);
	const char *all = (const char *)evbuffer_pullup(bytes, -1);

	ck_assert_int_eq(resp_items_feed(n->in, slice_of(all, len)), 0);
	evbuffer_drain(bytes, len);
	while (resp_items_next(n->in, &part, &e) == 1)
		shard_node_take(n, &part);
}

static inline void shard_node_hang_up(struct shard_node *n)
{
	if (n->client)
		bufferevent_free(n->client);
	resp_items_free(n->in);
	n->client = NULL;
	n->in = NULL;
}

static inline void shard_node_on_event(
    struct bufferevent *client, short what, void *arg)
{
	(void)client, (void)what;
	shard_node_hang_up(arg);
}

static inline void shard_node_on_accept(struct evconnlistener *listener,
    evutil_socket_t fd, struct sockaddr *addr, int len, void *arg)
{
	struct shard_node *n = arg;
	const int one = 1;

	(void)listener, (void)addr, (void)len;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	ck_assert_ptr_null(n->client); /* never two at once */
	n->clients++;
	n->in = resp_items_new(1000);
	n->client = bufferevent_socket_new(n->base, fd, BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(
	    n->client, shard_node_on_read, NULL, shard_node_on_event, n);
	bufferevent_enable(n->client, EV_READ | EV_WRITE);
}

/* It listens, again at the port that it had. */
static inline void shard_node_start(struct shard_node *n)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
		.sin_port = htons(n->address.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof addr;

	n->listener = evconnlistener_new_bind(n->base, shard_node_on_accept, n,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, 16,
	    (struct sockaddr *)&addr, (int)len);
	ck_assert_ptr_nonnull(n->listener);
	getsockname(
	    evconnlistener_get_fd(n->listener), (struct sockaddr *)&addr, &len);
	n->address.port = ntohs(addr.sin_port);
}

static inline void shard_node_stop(struct shard_node *n)
{
	shard_node_hang_up(n);
	if (n->listener)
		evconnlistener_free(n->listener);
	n->listener = NULL;
}

static inline void shard_node_init(
    struct shard_node *n, struct event_base *base)
{
	*n = (struct shard_node){ .base = base,
		.address = { .host = "127.0.0.1" } };
	shard_node_start(n);
}

/* The slot is at another one: by its name, or at nobody who has one. */
static inline void shard_node_move(
    struct shard_node *n, uint16_t slot, const struct shard_node *to)
{
	n->refused = slot;
	(void)snprintf(n->error, sizeof n->error, "MOVED %u %s:%u", slot,
	    to ? to->address.host : "?", to ? to->address.port : 0);
}

#endif
