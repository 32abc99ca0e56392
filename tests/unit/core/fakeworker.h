/*
 * fakeworker: a worker without a thread and connections without sockets, so
 * that a test can look at everything between two steps. What the transport
 * would send is counted.
 */
#ifndef TESTS_UNIT_CORE_FAKEWORKER_H
#define TESTS_UNIT_CORE_FAKEWORKER_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "base/mailbox.h"
#include "conf/conf.h"
#include "core/bulk.h"
#include "core/command.h"
#include "core/conn.h"
#include "core/mail.h"
#include "core/membership.h"
#include "core/message.h"
#include "core/outq.h"
#include "core/poller.h"
#include "core/relief.h"
#include "core/room.h"
#include "core/transport.h"
#include "core/turn.h"
#include "core/turn_mail.h"
#include "core/worker.h"

struct fakeworker {
	struct conf conf;
	struct worker_shared shared;
	/* Owned; not a member: the address sanitizer keeps no large alignment
	 * on the stack. */
	struct relief_sum *relief;
	struct worker *worker;
	unsigned ready;      /* calls of on_rooms_ready */
	unsigned flushed;    /* and of on_flushed */
	bool lets_nobody_in; /* on_rooms_ready refuses */
	bool is_stalled;     /* sockets take takes bytes more, then none */
	size_t takes;
	unsigned closes; /* and the last one's reason and flush */
	enum close_reason close_reason;
	bool is_flushed;
	unsigned refused;     /* calls of on_room_refused */
	unsigned disconnects; /* and the last one's code and reason */
	uint16_t code;
	char reason[128];
};

static inline struct fakeworker *fake_of(const struct conn *c)
{
	return container_of(c->worker->shared, struct fakeworker, shared);
}

static inline ssize_t fake_writev(
    struct conn *c, const struct iovec *iov, int count)
{
	struct fakeworker *f = fake_of(c);
	size_t sum = 0;

	for (int i = 0; i < count; i++)
		sum += iov[i].iov_len;
	if (!f->is_stalled)
		return (ssize_t)sum;
	if (f->takes == 0)
		return -EAGAIN;
	if (sum > f->takes)
		sum = f->takes;
	f->takes -= sum;
	return (ssize_t)sum;
}

/* There is no socket. */
static inline int64_t fake_sent(const struct conn *c)
{
	(void)c;
	return -1;
}

static inline void fake_on_rooms_ready(struct conn *c)
{
	fake_of(c)->ready++;
	conn_set_state(c, fake_of(c)->lets_nobody_in ? CONN_LINGER : CONN_OPEN);
}

static inline void fake_on_room_refused(struct conn *c)
{
	fake_of(c)->refused++;
	conn_kill(c);
}

static inline void fake_close(
    struct conn *c, enum close_reason reason, bool flush)
{
	struct fakeworker *f = fake_of(c);

	f->closes++;
	f->close_reason = reason;
	f->is_flushed = flush;
	conn_kill(c);
}

static inline void fake_disconnect(
    struct conn *c, uint16_t code, struct slice reason)
{
	struct fakeworker *f = fake_of(c);

	f->disconnects++;
	f->code = code;
	memcpy(f->reason, reason.ptr, reason.len);
	f->reason[reason.len] = '\0';
	conn_kill(c);
}

static inline void fake_on_flushed(struct conn *c)
{
	fake_of(c)->flushed++;
}

static inline void fake_ignore(struct conn *c)
{
	(void)c;
}

static inline void fake_stop(struct worker *w)
{
	(void)w;
}

static inline void fake_init(struct fakeworker *f, bool rooms_need_watch)
{
	static const struct transport_ops ops = {
		.stop = fake_stop,
		.on_quiet = fake_stop,
		.writev = fake_writev,
		.sent = fake_sent,
		.on_rooms_ready = fake_on_rooms_ready,
		.on_room_refused = fake_on_room_refused,
		.close = fake_close,
		.disconnect = fake_disconnect,
		.on_flushed = fake_on_flushed,
		.dispose = fake_ignore,
	};
	struct err e;

	*f = (struct fakeworker){
		.conf.refs = 1, /* ours: a member is never freed */
		.conf.limits.rooms_per_connection = 128,
		.conf.limits.resumes = 1 << 14,
		.conf.delivery.queue = 1 << 20,
		.conf.delivery.memory = 128 << 20,
		.shared = {
			.ops = &ops,
			.hub = mailbox_new(),
			.hash_key = { 1, 2 },
			.id_key = "0123456789abcdef",
			.instance = 4711,
			.rooms_need_watch = rooms_need_watch,
		},
	};
	f->relief =
	    aligned_alloc(_Alignof(struct relief_sum), sizeof *f->relief);
	ck_assert_ptr_nonnull(f->relief);
	memset(f->relief, 0, sizeof *f->relief);
	f->shared.relief = f->relief;
	f->worker = worker_new(&f->shared, &f->conf, 0, false, &e);
	ck_assert_ptr_nonnull(f->worker);
	ck_assert_ptr_nonnull(f->shared.hub);
	ck_assert_int_eq(turn_open(f->worker, &e), 0);
}

/* What the end of a turn does. */
static inline void fake_end_turn(struct fakeworker *f)
{
	do
		(void)turn_flush(f->worker, TURN_FLUSHES);
	while (bulk_turn(f->worker) || f->worker->dirty.first);
	turn_reap(f->worker);
}

/* Free what the worker has told the hub, as far as it was not looked at. */
static inline void fake_drop_news(struct fakeworker *f)
{
	size_t count;
	struct mail *mail = mailbox_take(f->shared.hub, &count);

	for (size_t i = 0; i < count; i++)
		mail_drop(&mail[i]);
}

/* All connections have gone. */
static inline void fake_empty(struct fakeworker *f)
{
	uint32_t at = 0;
	struct conn *c;

	while ((c = slots_next(&f->worker->slots, &at)))
		conn_kill(c);
	fake_end_turn(f);
}

static inline void fake_fini(struct fakeworker *f)
{
	struct worker *w = f->worker;

	fake_empty(f);
	fake_drop_news(f);
	turn_close(w);
	worker_free(w);
	mailbox_free(f->shared.hub);
	free(f->relief);
}

/* A connection in this state. */
static inline struct conn *fake_connect(
    struct fakeworker *f, enum conn_state state)
{
	struct conn *c = conn_new(f->worker, -1);

	ck_assert_ptr_nonnull(c);
	if (state != CONN_HANDSHAKE)
		conn_set_state(c, state);
	return c;
}

static inline struct conn_ref fake_ref(const struct conn *c)
{
	return (struct conn_ref){
		.worker = c->worker->index,
		.slot = c->slot,
		.serial = c->serial,
	};
}

static inline struct aim_room fake_room(
    const struct fakeworker *f, struct slice name)
{
	return (struct aim_room){ worker_hash(f->worker, name), name };
}

static inline void fake_join(
    struct fakeworker *f, struct conn *c, const char *room)
{
	struct slice name = slice_str(room);

	ck_assert_int_eq(
	    membership_join(c, name, worker_hash(f->worker, name)), 0);
}

/* How many messages wait for it. */
static inline unsigned fake_waiting(const struct conn *c)
{
	return c->outq ? c->outq->count : c->only != NULL;
}

static inline uint64_t fake_metric(const struct fakeworker *f, enum metric id)
{
	return atomic_load(&f->worker->metrics.values[id]);
}

/* What the hub says of a room when it has heard all. */
static inline struct room_notice *fake_notice(
    const struct fakeworker *f, struct slice room)
{
	return room_notice_new(room, worker_hash(f->worker, room),
	    f->worker->index, f->worker->opened);
}

/* Post it and let the worker handle it, however much is under way. */
static inline void fake_mail(
    struct fakeworker *f, uint32_t kind, void *item, size_t bytes)
{
	const struct mail mail = { kind, 0, item };

	mailbox_post(f->worker->mailbox, &mail, 1, bytes);
	sweep_pass(
	    &f->worker->sweep, f->worker->dirty.put, &f->worker->metrics);
	ck_assert(!turn_take_mail(f->worker));
}

/* A plain text message of so many bytes, at most 1 MiB; one reference. */
static inline struct message *fake_message(size_t size, const struct aim *aim)
{
	static const char content[1 << 20] = "";
	const struct message_parts parts = {
		.content = slice_of(content, size),
		.kind = CONTENT_TEXT,
		.kinds = 1u << MESSAGE_AS_TEXT,
	};
	struct message *m = message_new(&parts, aim, 1);

	ck_assert_ptr_nonnull(m);
	return m;
}

/* One message, up to the queues of those it is for. */
static inline void fake_publish(
    struct fakeworker *f, size_t size, const struct aim *aim)
{
	struct message *m = fake_message(size, aim);

	fake_mail(f, MAIL_MESSAGE, m, m->bytes);
}

#endif
