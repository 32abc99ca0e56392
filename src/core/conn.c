/* The life of a connection: made, moved on, killed, freed. */
#include "core/conn.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "conf/conf_ref.h"
#include "conf/conf_route.h"
#include "core/message.h"
#include "core/transport.h"

/* What is the same for each that comes, whatever it was before. */
static void begin(struct conn *c, struct worker *w, int fd)
{
	worker_check_thread(w);
	c->worker = w;
	c->fd = fd;
	wheel_timer_init(&c->timer);
	w->conn_count++;
	atomic_fetch_add(&w->shared->connections, 1);
	atomic_fetch_add(&w->shared->clients, 1);
}

struct conn *conn_new(struct worker *w, int fd)
{
	uint32_t slot;
	struct conn *c = slots_take(&w->slots, &slot);

	if (!c)
		return NULL;
	c->slot = slot;
	c->serial = w->next_serial++;
	c->state = CONN_HANDSHAKE;
	begin(c, w, fd);
	atomic_fetch_add(&w->shared->handshakes, 1);
	metrics_inc(&w->metrics, METRIC_HANDSHAKING);
	return c;
}

/* The gauge that counts connections in this state, or METRIC_COUNT. */
static enum metric gauge_of(enum conn_state state)
{
	switch (state) {
	case CONN_HANDSHAKE:
	case CONN_ASKING:
	case CONN_WAITING:
		return METRIC_HANDSHAKING;
	case CONN_OPEN:
		return METRIC_CONNECTIONS;
	case CONN_CLOSING:
	case CONN_LINGER:
	case CONN_DEAD:
		break;
	}
	return METRIC_COUNT;
}

/* The worker's clock in 10 ms. */
static uint32_t clock_cs(const struct conn *c)
{
	return (uint32_t)(c->worker->now_ms / 10);
}

/* By its route, of those that are open. */
static void count_route(
    const struct conn *c, struct metrics *m, enum metric from, enum metric to)
{
	enum metric id =
	    metrics_of_route(METRIC_ROUTE_CONNECTIONS, c->route->number);

	if (from == METRIC_CONNECTIONS)
		metrics_sub(m, id, 1);
	if (to == METRIC_CONNECTIONS)
		metrics_inc(m, id);
}

static void count_stream(struct metrics *m, enum metric from, enum metric to)
{
	if (from == METRIC_CONNECTIONS)
		metrics_sub(m, METRIC_EVENT_STREAMS, 1);
	if (to == METRIC_CONNECTIONS)
		metrics_inc(m, METRIC_EVENT_STREAMS);
}

void conn_set_state(struct conn *c, enum conn_state state)
{
	struct metrics *m = &c->worker->metrics;
	enum metric from = gauge_of((enum conn_state)c->state);
	enum metric to = gauge_of(state);

	worker_check_thread(c->worker);
	assert(state > c->state);
	if (from == METRIC_HANDSHAKING && to != METRIC_HANDSHAKING)
		atomic_fetch_sub(&c->worker->shared->handshakes, 1);
	if (c->state < CONN_LINGER && state >= CONN_LINGER)
		atomic_fetch_sub(&c->worker->shared->clients, 1);
	if (from != METRIC_COUNT)
		metrics_sub(m, from, 1);
	if (to != METRIC_COUNT)
		metrics_inc(m, to);
	if (c->form & MESSAGE_EVENT)
		count_stream(m, from, to);
	if (c->route)
		count_route(c, m, from, to);
	c->state = (uint8_t)state;
	if (state == CONN_OPEN)
		c->opened_cs = clock_cs(c);
	if (state == CONN_LINGER)
		conn_mark_dirty(c); /* to leave its rooms */
}

int64_t conn_age_ms(const struct conn *c)
{
	return INT64_C(10) * (uint32_t)(clock_cs(c) - c->opened_cs);
}

/* --- what is due at the end of the turn --- */

static struct conn *pop(struct conn_queue *q)
{
	struct conn *c = q->first;

	if (!c)
		return NULL;
	q->popped++;
	q->first = c->next;
	if (q->first)
		__builtin_prefetch(q->first); /* while c is written to */
	else
		q->last = NULL;
	c->next = NULL;
	c->is_dirty = false;
	return c;
}

static void add_dead(struct worker *w, struct conn *c)
{
	c->next = w->dead_first;
	w->dead_first = c;
}

struct conn *conn_pop(struct conn_queue *q)
{
	struct conn *c;

	while ((c = pop(q)) && c->state == CONN_DEAD)
		add_dead(c->worker, c); /* it has died since it was marked */
	return c;
}

struct conn *conn_pop_dead(struct worker *w)
{
	struct conn *c = w->dead_first;

	if (c)
		w->dead_first = c->next;
	return c;
}

void conn_kill(struct conn *c)
{
	struct worker *w = c->worker;

	if (c->state == CONN_DEAD)
		return;
	conn_set_state(c, CONN_DEAD);
	wheel_disarm(&c->timer);
	if (!c->is_dirty)
		add_dead(w, c);
}

static void drop_route(struct conn *c)
{
	if (c->route)
		conf_unref(c->route->conf);
	c->route = NULL;
}

void conn_set_route(struct conn *c, const struct conf_route *route)
{
	(void)conf_ref(route->conf);
	drop_route(c);
	c->route = route;
}

void conn_free(struct conn *c)
{
	struct worker *w = c->worker;

	worker_check_thread(w);
	assert(c->state == CONN_DEAD && !c->is_dirty);
	assert(c->membership_count == 0 && !c->only && !c->outq);
	w->shared->ops->dispose(c);
	drop_route(c);
	w->conn_count--;
	atomic_fetch_sub(&w->shared->connections, 1);
	slots_give(&w->slots, c->slot);
}

struct conn *conn_find(const struct worker *w, const struct conn_ref *ref)
{
	struct conn *c;

	if (ref->worker != w->index)
		return NULL;
	c = slots_find(&w->slots, ref->slot);
	return c && c->serial == ref->serial ? c : NULL;
}

void conn_id(const struct conn *c, char out[CONN_ID_LEN + 1])
{
	struct worker *w = c->worker;
	const struct conn_ref ref = { c->serial, w->index, c->slot };

	conn_id_encode(w->ids, w->shared->instance, &ref, out);
}

bool conn_address(const struct conn *c, struct ip *ip, uint16_t *port)
{
	struct sockaddr_storage addr = { 0 };
	socklen_t len = sizeof addr;

	if (c->client) {
		*ip = c->client->ip;
		*port = c->client->port;
		return true;
	}
	return getpeername(c->fd, (struct sockaddr *)&addr, &len) == 0 &&
	       ip_from_sockaddr((struct sockaddr *)&addr, ip, port);
}

/* A TCP socket that was reset knows its peer no longer. */
static const char *kind_of_peer(const struct conn *c)
{
	int family = AF_UNIX;
	socklen_t len = sizeof family;

	(void)getsockopt(c->fd, SOL_SOCKET, SO_DOMAIN, &family, &len);
	return family == AF_UNIX ? "unix" : "gone";
}

void conn_client(const struct conn *c, char out[CONN_CLIENT_MAX])
{
	struct ip ip;
	uint16_t port;

	if (conn_address(c, &ip, &port))
		ip_format_port(&ip, port, out);
	else
		(void)snprintf(out, CONN_CLIENT_MAX, "%s", kind_of_peer(c));
}
