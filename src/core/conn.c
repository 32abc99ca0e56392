/* The life of a connection: made, joined, killed, freed. Its queue: flush.c */
#include "core/conn.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "core/relief.h"
#include "core/room.h"
#include "core/spares.h"
#include "core/transport.h"
#include "core/worker.h"

struct conn *conn_new(struct worker *w, int fd)
{
	uint32_t slot;
	struct conn *c = slots_take(&w->slots, &slot);

	if (!c)
		return NULL;
	c->slot = slot;
	c->worker = w;
	c->fd = fd;
	c->serial = w->next_serial++;
	c->state = CONN_HANDSHAKE;
	wheel_timer_init(&c->timer);
	w->conn_count++;
	atomic_fetch_add(&w->shared->connections, 1);
	atomic_fetch_add(&w->shared->clients, 1);
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

void conn_set_state(struct conn *c, enum conn_state state)
{
	struct metrics *m = &c->worker->metrics;
	enum metric from = gauge_of((enum conn_state)c->state);
	enum metric to = gauge_of(state);

	assert(state > c->state);
	if (from == METRIC_HANDSHAKING && to != METRIC_HANDSHAKING)
		atomic_fetch_sub(&c->worker->shared->handshakes, 1);
	if (c->state < CONN_LINGER && state >= CONN_LINGER)
		atomic_fetch_sub(&c->worker->shared->clients, 1);
	if (from != METRIC_COUNT)
		metrics_sub(m, from, 1);
	if (to != METRIC_COUNT)
		metrics_inc(m, to);
	c->state = (uint8_t)state;
}

void conn_kill(struct conn *c)
{
	struct worker *w = c->worker;

	if (c->state == CONN_DEAD)
		return;
	conn_set_state(c, CONN_DEAD);
	wheel_disarm(&c->timer);
	conn_leave_all(c);
	if (!c->is_dirty) { /* else the flush sweep hands it to the reaper */
		c->next = w->reap_first;
		w->reap_first = c;
	}
}

static void free_queue(struct conn *c)
{
	struct outq *q = c->outq;

	if (q)
		q->head_sent = 0; /* the socket goes: it counts as whole */
	conn_drop_queue(c);
	c->outq = NULL;
	if (!q)
		return;
	relief_del(c->worker, q);
	spares_give_outq(c->worker, q);
}

void conn_free(struct conn *c)
{
	struct worker *w = c->worker;

	assert(c->state == CONN_DEAD && !c->is_dirty);
	free_queue(c);
	w->shared->ops->dispose(c);
	w->conn_count--;
	atomic_fetch_sub(&w->shared->connections, 1);
	slots_give(&w->slots, c->slot);
}

/* Make room for one more membership; its place, or NULL. */
static struct membership *add_membership(struct conn *c)
{
	uint16_t count = c->membership_count;
	struct membership *many;

	if (count == UINT16_MAX)
		return NULL;
	if (count == 0) {
		c->membership_count = 1;
		return &c->one;
	}
	if (count == 1) {
		many = try_alloc(2 * sizeof(*many));
		if (!many)
			return NULL;
		many[0] = c->one;
		c->many = many;
	} else if ((count & (count - 1)) == 0) { /* full at powers of two */
		many = try_realloc(c->many, 2 * count * sizeof(*many));
		if (!many)
			return NULL;
		c->many = many;
	}
	c->membership_count++;
	return &c->many[count];
}

static void drop_last_membership(struct conn *c)
{
	if (c->membership_count == 2) {
		struct membership *many = c->many;

		c->one = many[0];
		free(many);
	}
	c->membership_count--;
}

/* Its membership of the room, or NULL. The shorter list is looked through. */
static struct membership *find_membership(struct conn *c, struct room *r)
{
	struct membership *m = conn_memberships(c);
	const struct member *members = room_members(r);

	if (r->count < c->membership_count) {
		for (uint32_t i = 0; i < r->count; i++)
			if (members[i].conn == c)
				return &m[members[i].membership];
		return NULL;
	}
	for (uint16_t i = 0; i < c->membership_count; i++)
		if (m[i].room == r)
			return &m[i];
	return NULL;
}

bool conn_is_member(struct conn *c, struct slice name, uint64_t hash)
{
	struct room *r = room_find(&c->worker->rooms, name, hash);

	return r && find_membership(c, r);
}

/* Rooms, not users: the metric's memberships. */
static bool is_counted(const struct room *r)
{
	return !room_name_is_of_user(room_name(r));
}

int conn_join(struct conn *c, struct slice name, uint64_t hash)
{
	struct worker *w = c->worker;
	struct room *r =
	    worker_open_room(w, name, hash, message_form_is_deflated(c->form));
	struct membership *m;

	if (!r)
		return -ENOMEM;
	if (find_membership(c, r))
		return -EEXIST;
	if (r->watch == ROOM_REFUSED && c->state < CONN_OPEN)
		return -EACCES;
	m = add_membership(c);
	if (!m || room_add(r, c, c->membership_count - 1u) < 0) {
		if (m)
			drop_last_membership(c);
		if (r->count == 0)
			worker_close_room(w, r);
		return -ENOMEM;
	}
	*m = (struct membership){ r, r->count - 1 };
	if (r->watch == ROOM_UNWATCHED && c->state < CONN_OPEN)
		c->pending_rooms++;
	if (is_counted(r))
		metrics_inc(&w->metrics, METRIC_MEMBERSHIPS);
	return 0;
}

int conn_join_user(struct conn *c, struct slice user)
{
	char buf[ROOM_OF_USER_MAX];
	struct slice name = room_of_user(user, buf);
	int status;

	assert(!c->has_user);
	status = conn_join(c, name, worker_hash(c->worker, name));
	c->has_user = status == 0;
	return status;
}

/* Take it off the room's side; the membership itself is left stale. */
static void leave_room(struct conn *c, const struct membership *m)
{
	struct worker *w = c->worker;
	struct room *r = m->room;

	if (is_counted(r))
		metrics_sub(&w->metrics, METRIC_MEMBERSHIPS, 1);
	room_del(r, m->position);
	if (r->count == 0)
		worker_close_room(w, r);
}

void conn_leave(struct conn *c, struct slice name, uint64_t hash)
{
	struct room *r = room_find(&c->worker->rooms, name, hash);
	struct membership *m = r ? find_membership(c, r) : NULL;
	const struct membership *last;

	if (!m)
		return;
	if (r->watch == ROOM_UNWATCHED && c->state < CONN_OPEN)
		c->pending_rooms--;
	leave_room(c, m);
	/* The last one takes its place, and its member must know where. */
	last = &conn_memberships(c)[c->membership_count - 1];
	if (m != last) {
		*m = *last;
		room_members(m->room)[m->position].membership =
		    (uint32_t)(m - conn_memberships(c));
	}
	drop_last_membership(c);
}

void conn_leave_all(struct conn *c)
{
	const struct membership *m = conn_memberships(c);

	for (uint16_t i = 0; i < c->membership_count; i++)
		leave_room(c, &m[i]);
	if (c->membership_count > 1)
		free(c->many);
	c->membership_count = 0;
	c->pending_rooms = 0;
	c->has_user = false;
}

void conn_id(const struct conn *c, char out[CONN_ID_LEN + 1])
{
	struct worker *w = c->worker;
	const struct conn_ref ref = { c->serial, w->index, c->slot };

	conn_id_encode(w->ids, w->shared->instance, &ref, out);
}

static void format_peer(const struct ip *ip, uint16_t port, char *out)
{
	char text[IP_TEXT_MAX];

	ip_format(ip, text);
	if (port == 0)
		(void)snprintf(out, CONN_PEER_MAX, "%s", text);
	else
		(void)snprintf(out, CONN_PEER_MAX,
		    ip_is_v4(ip) ? "%s:%u" : "[%s]:%u", text, (unsigned)port);
}

bool conn_address(const struct conn *c, struct ip *ip, uint16_t *port)
{
	struct sockaddr_storage addr = { 0 };
	socklen_t len = sizeof addr;

	if (c->peer) {
		*ip = c->peer->ip;
		*port = c->peer->port;
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

void conn_peer(const struct conn *c, char out[CONN_PEER_MAX])
{
	struct ip ip;
	uint16_t port;

	if (conn_address(c, &ip, &port))
		format_peer(&ip, port, out);
	else
		(void)snprintf(out, CONN_PEER_MAX, "%s", kind_of_peer(c));
}
