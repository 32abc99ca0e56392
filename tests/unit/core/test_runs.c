/*
 * Messages that go as one reach everybody as they would one by one. Two workers
 * are given the same at random: rooms come and go, sockets take what they like,
 * readers are slow by every policy. One of the two finds something else between
 * any two messages, so that each goes by itself there. After every turn all
 * that can be seen of them must be the same, to the byte.
 */
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/buf.h"
#include "core/backlog.h"
#include "core/flush.h"
#include "core/resume.h"
#include "core/run.h"
#include "fakeworker.h"
#include "unit.h"

enum {
	CONNS = 12,
	ROOMS = 2,
	TURNS = 70,
	BATCH = 30,
	QUEUE = 9000,
	BY_ITSELF = 0,
	AS_ONE = 1,
	SIDES = 2,
};

/* A connection, as both sides have it. */
struct peer {
	struct conn *conn; /* NULL: gone */
	size_t space;      /* what its socket takes */
	struct buf got;    /* what it has taken */
	size_t held_len;   /* and what TLS holds for it */
	char held[2000];
	int fd; /* anything that epoll takes */
};

struct side {
	struct fakeworker fake;
	struct peer peers[CONNS];
	size_t pieces; /* that were written */
	size_t made;   /* bytes of the messages, which the hub would count */
};

static struct side sides[SIDES]; /* aligned: the stack of ASan is not */
static uint64_t state;           /* of chance */

static uint32_t chance(uint32_t below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % below;
}

/* --- the transport --- */

static struct side *side_of(const struct conn *c)
{
	return container_of(fake_of(c), struct side, fake);
}

static struct peer *peer_of(const struct conn *c)
{
	struct side *s = side_of(c);

	for (int i = 0; i < CONNS; i++)
		if (s->peers[i].conn == c)
			return &s->peers[i];
	ck_abort_msg("nobody's connection");
}

/* The socket takes what it has space for. */
static size_t take(struct peer *p, const char *bytes, size_t len)
{
	size_t n = len < p->space ? len : p->space;

	ck_assert_int_eq(buf_append(&p->got, bytes, n), 0);
	p->space -= n;
	return n;
}

static void release_held(struct peer *p)
{
	size_t n = take(p, p->held, p->held_len);

	p->held_len -= n;
	memmove(p->held, p->held + n, p->held_len);
}

/* As TLS does: a record is taken whole, and held where the socket is full. */
static ssize_t write_record(struct peer *p, const struct iovec *iov, int count)
{
	size_t len = 0;

	release_held(p);
	if (p->held_len > 0)
		return -EAGAIN;
	for (int i = 0; i < count && len < sizeof p->held; i++) {
		size_t room = sizeof p->held - len;
		size_t n = iov[i].iov_len < room ? iov[i].iov_len : room;

		memcpy(p->held + len, iov[i].iov_base, n);
		len += n;
	}
	p->held_len = len;
	release_held(p);
	return (ssize_t)len;
}

static ssize_t record_writev(struct conn *c, const struct iovec *iov, int count)
{
	struct peer *p = peer_of(c);
	size_t written = 0;

	side_of(c)->pieces += (size_t)count;
	if (c->tls)
		return write_record(p, iov, count);
	for (int i = 0; i < count && p->space > 0; i++)
		written += take(p, iov[i].iov_base, iov[i].iov_len);
	return written > 0 ? (ssize_t)written : -EAGAIN;
}

static size_t record_unsent(const struct conn *c)
{
	return peer_of(c)->held_len;
}

static void record_dispose(struct conn *c)
{
	struct peer *p = peer_of(c);

	(void)close(p->fd);
	p->conn = NULL;
}

static void open_side(struct side *s, enum conf_slow policy)
{
	static struct transport_ops ops;

	*s = (struct side){ 0 };
	fake_init(&s->fake, false);
	ops = *s->fake.shared.ops;
	ops.writev = record_writev;
	ops.unsent = record_unsent;
	ops.dispose = record_dispose;
	s->fake.shared.ops = &ops;
	s->fake.conf.delivery.queue = QUEUE;
	s->fake.conf.delivery.slow_consumer = policy;
	s->fake.conf.history.is_on = policy == CONF_SLOW_CATCH_UP;
}

static void close_side(struct side *s)
{
	fake_empty(&s->fake);
	ck_assert_uint_eq(fake_metric(&s->fake, METRIC_QUEUED_BYTES), 0);
	ck_assert_uint_eq(
	    fake_metric(&s->fake, METRIC_QUEUED_MEMORY), (uint64_t)0 - s->made);
	fake_fini(&s->fake);
	for (int i = 0; i < CONNS; i++)
		buf_fini(&s->peers[i].got);
}

/* --- what both are given --- */

static const char *name_of(uint32_t i)
{
	return i == 0 ? "a" : "b";
}

static void connect(
    struct side *s, int i, enum conn_state in, uint8_t form, bool has_tls)
{
	struct peer *p = &s->peers[i];

	p->conn = fake_connect(&s->fake, in);
	p->conn->form = form;
	p->conn->tls = has_tls ? (struct tls *)p : NULL; /* not looked at */
	p->got.len = p->held_len = 0;
	p->conn->fd = p->fd = eventfd(0, EFD_CLOEXEC);
	ck_assert_int_ge(p->fd, 0);
	ck_assert_int_eq(poller_watch(p->conn, POLLER_INPUT), 0);
}

/* One message, from the numbers that both are given. */
struct draft {
	uint32_t room;
	uint32_t size;
	uint32_t number;
	bool is_binary;
	int except; /* a peer, or -1 */
};

static struct message *make(const struct side *s, const struct draft *d)
{
	static char content[4000];
	const struct aim_room room =
	    fake_room(&s->fake, slice_str(name_of(d->room)));
	struct conn_ref ref;
	struct aim aim = { .rooms = &room, .room_count = 1 };
	struct message_parts parts = {
		.content = slice_of(content, d->size),
		.kind = d->is_binary ? CONTENT_BINARY : CONTENT_TEXT,
		.kinds = 1u << MESSAGE_AS_TEXT | 1u << MESSAGE_AS_BINARY,
		.read_us = d->number,
		.after = d->number,
		.is_kept = true,
		/* Workers do not look at it. */
		.publication = (struct publication *)(uintptr_t)d->number,
	};
	struct message *m;

	memset(content, 'a' + (int)(d->number % 26), sizeof content);
	if (d->except >= 0 && s->peers[d->except].conn) {
		ref = fake_ref(s->peers[d->except].conn);
		aim.excepts = &ref;
		aim.except_count = 1;
	}
	m = message_new(&parts, &aim, 1);
	ck_assert_ptr_nonnull(m);
	return m;
}

static void post(struct side *s, const struct draft *drafts, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct message *m = make(s, &drafts[i]);
		const struct mail mail = { MAIL_MESSAGE, 0, m };
		const struct mail nothing = { MAIL_ASK, 0, NULL };

		s->made += m->bytes;
		mailbox_post(s->fake.worker->mailbox, &mail, 1, m->bytes);
		if (s == &sides[BY_ITSELF])
			mailbox_post(s->fake.worker->mailbox, &nothing, 1, 0);
	}
	ck_assert(!turn_take_mail(s->fake.worker));
}

static void publish_some(void)
{
	static uint32_t number;
	struct draft drafts[BATCH];
	uint32_t count = 1 + chance(BATCH), room = chance(ROOMS);
	bool is_mixed = chance(3) == 0;

	for (uint32_t i = 0; i < count; i++)
		drafts[i] = (struct draft){
			.room = is_mixed ? chance(ROOMS) : room,
			.size = chance(20) == 0 ? 3000 : chance(200),
			.number = ++number,
			.is_binary = is_mixed && chance(8) == 0,
			.except = chance(40) == 0 ? (int)chance(CONNS) : -1,
		};
	for (int k = 0; k < SIDES; k++)
		post(&sides[k], drafts, count);
}

static void come(int i)
{
	enum conn_state in = chance(6) == 0 ? CONN_WAITING : CONN_OPEN;
	uint8_t form = chance(3) == 0 ? MESSAGE_AS_BINARY : MESSAGE_AS_TEXT;
	uint32_t rooms = 1 + chance(3);
	bool reads_all = chance(2) == 0, has_tls = chance(3) == 0;

	for (int k = 0; k < SIDES; k++) {
		struct peer *p = &sides[k].peers[i];

		connect(&sides[k], i, in, form, has_tls);
		p->space = reads_all ? SIZE_MAX / 2 : 0;
		for (uint32_t r = 0; r < ROOMS; r++)
			if (rooms & 1u << r)
				fake_join(&sides[k].fake, p->conn, name_of(r));
	}
}

/* It goes, changes a room, is closed behind all that waits, or is pinged. */
static void do_with(
    struct side *s, struct conn *c, uint32_t what, uint32_t room)
{
	struct slice name = slice_str(name_of(room));
	uint64_t hash = worker_hash(s->fake.worker, name);

	if (what == 0)
		conn_kill(c);
	else if (what == 1 && !membership_has(c, name, hash))
		fake_join(&s->fake, c, name_of(room));
	else if (what == 2)
		(void)membership_leave(c, name, hash);
	else if (what == 3 && c->state == CONN_OPEN)
		backlog_drop(c);
	else
		ck_assert_int_eq(
		    flush_control(c, slice_str("ping!"), false), 0);
}

static void disturb(int i)
{
	uint32_t what = chance(6), room = chance(ROOMS);

	for (int k = 0; k < SIDES; k++)
		do_with(&sides[k], sides[k].peers[i].conn, what, room);
}

/* The socket takes more. */
static void read_some(int i)
{
	size_t space = chance(5) == 0 ? 20000 : chance(700);

	for (int k = 0; k < SIDES; k++) {
		struct peer *p = &sides[k].peers[i];

		if (p->space > 1 << 20)
			continue;
		p->space += space;
		if (p->conn->is_blocked)
			poller_unblock(p->conn);
	}
}

static void turn_peers(void)
{
	for (int i = 0; i < CONNS; i++) {
		if (!sides[0].peers[i].conn)
			come(i);
		else if (chance(30) == 0)
			disturb(i);
		else if (chance(2) == 0)
			read_some(i);
	}
}

/* --- what is seen of them --- */

/*
 * What it has told the hub of messages, which, and how many have it; and from
 * where on those go on who had fallen behind.
 */
static struct mail take_resume(struct resume *r)
{
	struct mail mail = { MAIL_RESUME, r->state,
		(void *)(uintptr_t)r->position };

	resume_free(r, NULL);
	return mail;
}

static uint32_t take_reached(struct side *s, struct mail *reached)
{
	size_t count;
	struct mail *mail = mailbox_take(s->fake.shared.hub, &count);
	uint32_t told = 0;

	for (size_t i = 0; i < count; i++)
		if (mail[i].kind == MAIL_REACHED)
			reached[told++] = mail[i];
		else if (mail[i].kind == MAIL_RESUME)
			reached[told++] = take_resume(mail[i].item);
		else
			mail_drop(&mail[i]);
	return told;
}

static void compare_reached(void)
{
	struct mail told[SIDES][BATCH + CONNS];
	uint32_t count = take_reached(&sides[0], told[0]);

	ck_assert_uint_eq(take_reached(&sides[1], told[1]), count);
	for (uint32_t i = 0; i < count; i++) {
		ck_assert_ptr_eq(told[0][i].item, told[1][i].item);
		ck_assert_uint_eq(told[0][i].value, told[1][i].value);
	}
}

static void compare_peers(const struct peer *a, const struct peer *b)
{
	ck_assert_int_eq(!a->conn, !b->conn);
	ck_assert_uint_eq(a->got.len, b->got.len);
	if (a->got.len > 0)
		ck_assert_int_eq(memcmp(buf_slice(&a->got).ptr,
				     buf_slice(&b->got).ptr, a->got.len),
		    0);
	if (!a->conn)
		return;
	ck_assert_int_eq(a->conn->state, b->conn->state);
	ck_assert_int_eq(a->conn->is_blocked, b->conn->is_blocked);
	ck_assert_int_eq(a->conn->behind, b->conn->behind);
	ck_assert_uint_eq(backlog_cost(a->conn), backlog_cost(b->conn));
	ck_assert_uint_eq(fake_waiting(a->conn), fake_waiting(b->conn));
}

static void compare(void)
{
	static const enum metric same[] = { METRIC_DELIVERIES,
		METRIC_QUEUED_BYTES, METRIC_WRITTEN_BYTES,
		METRIC_DROPPED_OLDEST, METRIC_DROPPED_NEWEST,
		METRIC_FELL_BEHIND };
	const struct side *a = &sides[0], *b = &sides[1];

	for (int i = 0; i < CONNS; i++)
		compare_peers(&a->peers[i], &b->peers[i]);
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		ck_assert_uint_eq(fake_metric(&a->fake, same[i]),
		    fake_metric(&b->fake, same[i]));
	compare_reached();
	ck_assert_uint_eq(a->fake.closes, b->fake.closes);
	ck_assert_uint_eq(
	    a->fake.worker->sweep.count, b->fake.worker->sweep.count);
}

/* Whether the policy was needed. */
static bool was_slow(const struct side *s)
{
	return s->fake.closes > 0 ||
	       fake_metric(&s->fake, METRIC_DROPPED_OLDEST) > 0 ||
	       fake_metric(&s->fake, METRIC_DROPPED_NEWEST) > 0 ||
	       fake_metric(&s->fake, METRIC_FELL_BEHIND) > 0;
}

static void try_policy(enum conf_slow policy, uint64_t seed)
{
	state = seed;
	for (int k = 0; k < SIDES; k++)
		open_side(&sides[k], policy);
	for (int turn = 0; turn < TURNS; turn++) {
		uint32_t ms = chance(200);

		turn_peers();
		publish_some();
		for (int k = 0; k < SIDES; k++) {
			sides[k].fake.worker->now_ms += ms;
			fake_end_turn(&sides[k].fake);
		}
		compare();
	}
	ck_assert(was_slow(&sides[AS_ONE]));
	ck_assert_uint_lt(sides[AS_ONE].pieces, sides[BY_ITSELF].pieces);
	for (int k = 0; k < SIDES; k++)
		close_side(&sides[k]);
}

START_TEST(all_get_the_same_as_one_by_one)
{
	for (uint64_t seed = 1; seed <= 2; seed++) {
		try_policy(CONF_SLOW_DISCONNECT, seed);
		try_policy(CONF_SLOW_DROP_OLDEST, seed);
		try_policy(CONF_SLOW_DROP_NEWEST, seed);
		try_policy(CONF_SLOW_CATCH_UP, seed);
	}
}
END_TEST

/* --- what a run counts --- */

enum { MEMBERS = 3, MESSAGES = 20 };

/* So many messages for room a are the next mail. */
static void take_messages(struct side *s, uint32_t count)
{
	struct worker *w = s->fake.worker;

	for (uint32_t i = 0; i < count; i++) {
		const struct draft d = { .size = 10, .except = -1 };
		struct message *m = make(s, &d);
		const struct mail mail = { MAIL_MESSAGE, 0, m };

		s->made += m->bytes;
		mailbox_post(w->mailbox, &mail, 1, m->bytes);
	}
	w->mail = mailbox_take(w->mailbox, &w->mail_count);
	w->mail_next = 0;
}

/* Give the next so many; returns what that has counted. */
static size_t deliver_next(struct side *s, uint32_t length)
{
	struct worker *w = s->fake.worker;
	size_t count = 0;

	for (uint32_t i = 0; i < length; i++) {
		const struct message *m = w->mail[w->mail_next + i].item;

		mailbox_done(w->mailbox, m->bytes);
	}
	run_deliver(w, length, &count);
	w->mail_next += length;
	return count;
}

START_TEST(a_run_is_one_delivery_for_who_takes_it)
{
	struct side *s = &sides[AS_ONE];
	struct worker *w;

	open_side(s, CONF_SLOW_DISCONNECT);
	w = s->fake.worker;
	for (int i = 0; i < MEMBERS; i++) {
		connect(s, i, CONN_OPEN, MESSAGE_AS_TEXT, false);
		s->peers[i].space = SIZE_MAX / 2;
		fake_join(&s->fake, s->peers[i].conn, "a");
	}
	take_messages(s, MESSAGES);
	ck_assert_uint_eq(run_length(w, MESSAGES, MEMBERS), RUN_STRETCH);
	ck_assert_uint_eq(run_length(w, MESSAGES, 1000), MESSAGES);
	ck_assert_uint_eq(run_length(w, 7, 1000), 7);
	ck_assert_uint_eq(deliver_next(s, 10), MEMBERS);
	s->peers[1].conn->is_blocked = true;
	ck_assert_uint_eq(deliver_next(s, 10), MEMBERS - 1 + 10);
	s->peers[1].conn->is_blocked = false;
	fake_end_turn(&s->fake);
	for (int i = 1; i < MEMBERS; i++)
		ck_assert_uint_eq(s->peers[i].got.len, s->peers[0].got.len);
	close_side(s);
}
END_TEST

UNIT_MAIN("core/runs", all_get_the_same_as_one_by_one,
    a_run_is_one_delivery_for_who_takes_it)
