/*
 * Connections that come back, at one worker without a thread and a hub in
 * pieces: whatever comes between their steps, each gets what it missed, once
 * and in order, or is told of a gap. What clients were sent is read from the
 * bytes that were written.
 */
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../base/rng.h"
#include "base/buf.h"
#include "base/clock.h"
#include "core/backend.h"
#include "core/behind.h"
#include "core/fanout.h"
#include "core/keeper.h"
#include "core/message.h"
#include "core/moves.h"
#include "core/outbox.h"
#include "core/place.h"
#include "core/resume.h"
#include "core/router.h"
#include "core/steer.h"
#include "core/watches.h"
#include "fakeworker.h"
#include "unit.h"

enum {
	CLIENTS = 6,
	ROOMS = 4,
	POSITIONS = 60000,
	SMALL_QUEUE = 4096, /* pages are half of it */
};

/* What one client is and has. */
struct page {
	struct conn *conn; /* NULL: away */
	int fd;            /* owned; what the poller watches, 0: none yet */
	bool is_anns;      /* connections of the user ann */
	unsigned base;     /* its route's rooms, a bit each */
	unsigned rooms;    /* what it is in as of the last payload */
	uint64_t cursor;
	bool has_cursor;
	bool is_plain;       /* without ids: what comes says its position */
	bool is_first;       /* nothing has come on this connection */
	bool is_let_in_late; /* it is WAITING when it has come */
	uint32_t wanted;  /* so many messages it asked for, without a cursor */
	uint64_t came_at; /* the head when it came */
	uint64_t
	    serial; /* of its connection, from 1 on; also when it has gone */
	bool came_in_past; /* while that was read */
	bool is_moved;     /* by a command, since it has come */
	struct buf in;     /* bytes that are no whole frame yet */
	unsigned messages, gaps, ats;
};

/* Whom a message was for: rooms, a bit each; connections, 0: none. */
struct whom {
	unsigned char rooms;
	uint64_t named;
	uint64_t spared;
};

struct rig {
	struct fakeworker fake;
	struct transport_ops ops;
	struct outbox outbox;
	struct metrics metrics;
	struct watches watches;
	struct keeper keeper;
	struct router router;
	struct conf_route route;
	uint64_t rng;
	int64_t turns; /* of the worker */
	/* What one turn does of a message or command at most; 0: all of it. */
	size_t stride;
	struct page clients[CLIENTS];
	/*
	 * By position: whom it was for; whether something was lost there, or it
	 * was for nobody who was here; which rooms each client was in then.
	 */
	struct whom to[POSITIONS];
	bool is_hole[POSITIONS];
	bool is_past[POSITIONS];
	unsigned char rooms_at[CLIENTS][POSITIONS];
};

static struct rig rig; /* large, and aligned as its metrics are */

static const char *const names[ROOMS] = { "a", "b", "c", "d" };

static struct page *client_of(const struct conn *c)
{
	for (int i = 0; i < CLIENTS; i++)
		if (rig.clients[i].conn == c)
			return &rig.clients[i];
	return NULL;
}

static ssize_t record(struct conn *c, const struct iovec *iov, int count)
{
	ssize_t n = fake_writev(c, iov, count);
	size_t left = n > 0 ? (size_t)n : 0;
	struct page *client = client_of(c);

	for (int i = 0; i < count && left > 0; i++) {
		size_t len = iov[i].iov_len < left ? iov[i].iov_len : left;

		if (client)
			ck_assert_int_eq(
			    buf_append(&client->in, iov[i].iov_base, len), 0);
		left -= len;
	}
	return n;
}

static void setup(void)
{
	static char prefix[] = "room:", control[] = "control", none[] = "",
		    send[] = "send";
	struct conf *conf = &rig.fake.conf;

	memset(&rig, 0, sizeof rig);
	fake_init(&rig.fake, false);
	rig.ops = *rig.fake.shared.ops;
	rig.ops.writev = record;
	rig.fake.shared.ops = &rig.ops;
	rig.route.has_websocket = true;
	rig.route.resume_ms = 1000000;
	conf->routes.items = &rig.route;
	conf->routes.count = 1;
	conf->limits.payload = 1 << 16;
	conf->channels.room_prefix = prefix;
	conf->channels.send = send;
	conf->channels.broadcast = none;
	conf->channels.control = control;
	conf->delivery.queue = SMALL_QUEUE;
	conf->delivery.slow_consumer = CONF_SLOW_DROP_OLDEST;
	conf->history.is_on = true;
	conf->history.memory = 1 << 20;
	conf->history.max_age_ms = 1000000;
	outbox_init(&rig.outbox, &rig.fake.worker, 1);
	watches_init(&rig.watches, &rig.outbox, &rig.metrics, false);
}

static void open_hub(void)
{
	static const struct backend_ops alone = { .names_places = false };

	keeper_init(&rig.keeper, &rig.fake.conf, &rig.outbox, &rig.metrics);
	router_init(&rig.router, &rig.fake.conf, &rig.fake.shared, &rig.watches,
	    &rig.outbox, &rig.keeper, &rig.metrics);
	keeper_open(&rig.keeper, &alone, NULL);
}

static void teardown(void)
{
	rig.fake.is_stalled = false;
	fake_fini(&rig.fake);
	router_fini(&rig.router);
	keeper_fini(&rig.keeper);
	interests_fini(&rig.watches.interests);
	outbox_fini(&rig.outbox);
	for (int i = 0; i < CLIENTS; i++)
		buf_fini(&rig.clients[i].in);
	for (int i = 0; i < CLIENTS; i++)
		if (rig.clients[i].fd > 0)
			(void)close(rig.clients[i].fd);
}

/* --- steps --- */

static void hub_takes_mail(void)
{
	size_t count;
	struct mail *mail = mailbox_take(rig.fake.shared.hub, &count);

	for (size_t i = 0; i < count; i++) {
		if (mail[i].kind == MAIL_RESUME) {
			keeper_take(&rig.keeper, mail[i].item);
			continue;
		}
		if (mail[i].kind == MAIL_ROOM_OPENED)
			watches_opened(&rig.watches, mail[i].item, false);
		else if (mail[i].kind == MAIL_ROOM_EMPTY)
			watches_emptied(&rig.watches, mail[i].item);
		else if (mail[i].kind == MAIL_COMMAND_DONE)
			watches_arrived(&rig.watches,
			    &((struct command *)mail[i].item)->where);
		mail_drop(&mail[i]);
	}
}

static void hub_turns(void)
{
	(void)keeper_turn(&rig.keeper);
	outbox_post(&rig.outbox);
}

static uint64_t head(void)
{
	return history_head(rig.keeper.history);
}

/* While the past is read, of that. */
static void take_payload(const char *channel, const char *payload)
{
	const struct backend_message m = { .channel = slice_str(channel),
		.payload = slice_str(payload),
		.is_past = rig.keeper.replays.reads_past };

	(void)router_take(&rig.router, &m);
	ck_assert_uint_lt(head(), POSITIONS);
	rig.is_past[head()] = m.is_past;
	for (int i = 0; i < CLIENTS; i++)
		rig.rooms_at[i][head()] = (unsigned char)rig.clients[i].rooms;
}

/* As the hub does: its mail first. */
static void publish_on(const char *channel, const char *payload)
{
	hub_takes_mail();
	take_payload(channel, payload);
	outbox_post(&rig.outbox);
}

/* What is too large for this instance is lost here. */
static void publish_too_large(void)
{
	static char large[(1 << 16) + 2];

	memset(large, 'x', sizeof large - 1);
	publish_on("room:a", large);
	rig.is_hole[head()] = true;
}

/* The content says which position it should have. */
static void publish(unsigned room)
{
	char channel[16], content[32];

	(void)snprintf(channel, sizeof channel, "room:%s", names[room]);
	(void)snprintf(
	    content, sizeof content, "m%llu", (unsigned long long)head() + 1);
	publish_on(channel, content);
	rig.to[head()].rooms = (unsigned char)(1u << room);
}

/* --- commands --- */

static bool is_named(struct conn *c, const struct aim *whom)
{
	for (uint32_t i = 0; i < whom->room_count; i++)
		if (membership_has(c, whom->rooms[i].name, whom->rooms[i].hash))
			return true;
	for (uint32_t i = 0; i < whom->connection_count; i++)
		if (conn_find(c->worker, &whom->connections[i]) == c)
			return true;
	return false;
}

static unsigned move(unsigned rooms, const struct command *cmd)
{
	for (uint32_t i = 0; i < cmd->where.room_count; i++) {
		unsigned bit = 1u << (cmd->where.rooms[i].name.ptr[0] - 'a');

		rooms = cmd->kind == CONTROL_JOIN ? rooms | bit : rooms & ~bit;
	}
	return rooms;
}

/* Who is here when the worker comes to it is in other rooms, from then on. */
static void expect_moves(const struct command *cmd)
{
	for (int i = 0; i < CLIENTS; i++) {
		struct page *c = &rig.clients[i];

		if (!c->conn || c->conn->state == CONN_DEAD ||
		    !is_named(c->conn, &cmd->whom))
			continue;
		c->is_moved = true;
		c->rooms = move(c->rooms, cmd);
		for (uint64_t p = cmd->after + 1; p <= head(); p++)
			rig.rooms_at[i][p] = (unsigned char)c->rooms;
	}
}

bool __real_steer(struct worker *w, const struct command *cmd,
    struct walk *walk, size_t max, size_t *count);
bool __wrap_steer(struct worker *w, const struct command *cmd,
    struct walk *walk, size_t max, size_t *count);
bool __real_fanout(
    struct worker *w, struct message *m, size_t max, size_t *count);
bool __wrap_fanout(
    struct worker *w, struct message *m, size_t max, size_t *count);

/* How far a call may go that may go to max. */
static size_t step_to(size_t max, size_t count)
{
	return rig.stride > 0 ? count + rig.stride : max;
}

bool __wrap_steer(struct worker *w, const struct command *cmd,
    struct walk *walk, size_t max, size_t *count)
{
	if (walk->before == 0)
		expect_moves(cmd);
	if (__real_steer(w, cmd, walk, step_to(max, *count), count))
		return true;
	*count = max; /* the turn is over */
	return false;
}

bool __wrap_fanout(
    struct worker *w, struct message *m, size_t max, size_t *count)
{
	if (__real_fanout(w, m, step_to(max, *count), count))
		return true;
	*count = max;
	return false;
}

static void worker_turns(void)
{
	struct worker *w = rig.fake.worker;

	w->now_ms = clock_ms() + ++rig.turns; /* each is a ms later */
	(void)turn_flush(w, TURN_FLUSHES);
	(void)turn_take_mail(w);
	(void)turn_flush(w, TURN_FLUSHES);
	for (int i = 0; i < CLIENTS; i++)
		if (rig.clients[i].conn &&
		    rig.clients[i].conn->state == CONN_DEAD)
			rig.clients[i].conn = NULL;
	turn_reap(w);
}

static void come_with(struct page *c, const char *cursor)
{
	static struct client client; /* all of one address */

	if (c->fd > 0)
		(void)close(c->fd);
	c->fd = eventfd(0, EFD_CLOEXEC);
	c->conn = fake_connect(
	    &rig.fake, c->is_let_in_late ? CONN_WAITING : CONN_OPEN);
	c->conn->fd = c->fd;
	ck_assert_int_eq(poller_watch(c->conn, POLLER_INPUT), 0);
	c->conn->form = c->is_plain ? MESSAGE_AS_TEXT : MESSAGE_AS_TEXT_WITH_ID;
	c->conn->client = &client;
	c->serial = 1 + c->conn->serial;
	c->is_moved = false;
	c->came_in_past = rig.keeper.replays.reads_past;
	c->in.len = 0;
	c->is_first = true;
	if (c->is_anns)
		ck_assert_int_eq(
		    membership_join_user(c->conn, slice_str("ann")), 0);
	for (unsigned i = 0; i < ROOMS; i++)
		if (c->base >> i & 1)
			fake_join(&rig.fake, c->conn, names[i]);
	c->came_at = head();
	if (!c->is_plain || c->wanted > 0)
		ck_assert_int_eq(behind_begin(c->conn,
				     &(struct behind_start){
					 .cursor = slice_str(cursor),
					 .max_age_ms = 1000000,
					 .last = c->wanted,
				     }),
		    0);
	if (!c->is_let_in_late)
		behind_ask(c->conn);
	c->rooms = c->base;
	for (uint64_t p = c->cursor + 1; p <= head(); p++)
		rig.rooms_at[c - rig.clients][p] = (unsigned char)c->base;
}

/* There is one mark, heard at position 0: also of what is not kept any more. */
static void print_cursor(uint64_t position, char out[HISTORY_ID_MAX + 1])
{
	struct slice mark = history_id(rig.keeper.history, head(), out);
	char text[HISTORY_ID_MAX + 1];

	memcpy(text, mark.ptr, mark.len + 1);
	mark = slice_str(text);
	(void)place_print_counted(slice_cut(&mark, '~'), position, out);
}

static void come(struct page *c)
{
	char id[HISTORY_ID_MAX + 1] = "";

	c->wanted = 0;
	if (c->has_cursor)
		print_cursor(c->cursor, id);
	else
		c->cursor = head();
	come_with(c, id);
}

/* A new page, that wants to see some messages first. */
static void come_for_last(struct page *c, uint32_t last)
{
	c->has_cursor = false;
	c->cursor = 0; /* it may be told of any */
	c->wanted = last;
	come_with(c, "");
}

static void go(struct page *c)
{
	conn_kill(c->conn);
	c->conn = NULL;
	c->rooms = 0;
}

static void steer_one(struct page *c, const char *word, unsigned room)
{
	char id[CONN_ID_LEN + 1], command[160];

	conn_id(c->conn, id);
	(void)snprintf(command, sizeof command,
	    "{\"command\":\"%s\",\"connections\":[\"%s\"],\"rooms\":[\"%s\"]}",
	    word, id, names[room]);
	publish_on("control", command);
}

/* --- what came --- */

static bool concerns(const struct page *c, uint64_t position)
{
	const struct whom *to = &rig.to[position];

	if (to->spared == c->serial)
		return false;
	return to->named == c->serial ||
	       to->rooms & rig.rooms_at[c - rig.clients][position];
}

/* Nothing for it lies between its cursor and this position, and no hole. */
static void check_none_missed(const struct page *c, uint64_t position)
{
	uint64_t first = c->cursor + 1;

	/* What came before it joined comes or does not. */
	if (c->is_plain && c->wanted == 0 && first <= c->came_at)
		first = c->came_at + 1;
	for (uint64_t p = first; p < position; p++) {
		if (c->is_plain && rig.is_past[p])
			continue;
		ck_assert_msg(!concerns(c, p), "position %llu is missing",
		    (unsigned long long)p);
		ck_assert_msg(c->is_plain || !rig.is_hole[p],
		    "the hole at %llu is not told", (unsigned long long)p);
	}
}

static void take_message(
    struct page *c, uint64_t position, struct slice content)
{
	char wanted[32];

	(void)snprintf(
	    wanted, sizeof wanted, "m%llu", (unsigned long long)position);
	ck_assert(slice_eq(content, slice_str(wanted)));
	ck_assert(!c->is_first);
	ck_assert_uint_gt(position, c->cursor);
	ck_assert(concerns(c, position));
	check_none_missed(c, position);
	c->messages++;
}

/*
 * The first note of a page that has asked for some: so many are behind it, or
 * as many as there are. They were counted by the rooms that it asked for.
 */
static void check_last(const struct page *c, uint64_t position, uint32_t last)
{
	uint64_t floor = history_floor(rig.keeper.history);
	uint32_t count = 0;

	if (c->is_moved)
		return;
	for (uint64_t p = position + 1; p <= c->came_at; p++)
		count += concerns(c, p);
	ck_assert_uint_le(count, last);
	ck_assert(position == c->came_at || concerns(c, position + 1) ||
		  position <= floor);
	for (uint64_t p = position; p > floor && count < last; p--)
		ck_assert(!concerns(c, p));
}

static void take_note(struct page *c, uint64_t position, struct slice word)
{
	ck_assert_uint_ge(position, c->cursor);
	if (slice_eq(word, slice_str("gap"))) {
		c->gaps++;
		return;
	}
	ck_assert(slice_eq(word, slice_str("at")));
	if (c->is_first && c->has_cursor)
		ck_assert_uint_eq(position, c->cursor);
	if (c->is_first && !c->has_cursor)
		check_last(c, position, c->wanted);
	if (!c->is_first)
		check_none_missed(c, position + 1);
	c->ats++;
}

static void take_frame(struct page *c, struct slice payload)
{
	struct slice line = slice_cut(&payload, '\n');
	struct slice id = slice_cut(&line, ' '), mark;
	uint64_t position;

	ck_assert(place_read_counted(id, &mark, &position));
	ck_assert_uint_le(position, head());
	if (line.len > 0)
		take_note(c, position, line);
	else
		take_message(c, position, payload);
	c->cursor = position;
	c->has_cursor = true;
	c->is_first = false;
}

/*
 * The first message of one without ids is behind all that it has missed, or one
 * of the last.
 */
static void take_plain_frame(struct page *c, struct slice payload)
{
	char text[32];
	uint64_t position;

	ck_assert_uint_lt(payload.len, sizeof text);
	memcpy(text, payload.ptr, payload.len);
	text[payload.len] = '\0';
	position = strtoull(text + 1, NULL, 10);
	if (c->is_first && c->wanted == 0)
		c->cursor =
		    position - 1 < c->came_at ? position - 1 : c->came_at;
	if (c->is_first && c->wanted > 0) {
		c->cursor = position - 1;
		if (c->came_at < c->cursor)
			c->cursor = c->came_at;
		else
			check_last(c, c->cursor, c->wanted);
	}
	c->is_first = false;
	take_message(c, position, payload);
	c->cursor = position;
}

static void read_all(struct page *c)
{
	size_t at = 0;

	while (c->in.len - at >= 2) {
		const unsigned char *head_of =
		    (const unsigned char *)c->in.data + at;
		size_t len = head_of[1];

		ck_assert_int_eq(head_of[0], 0x81);
		ck_assert_uint_lt(len, 126);
		if (c->in.len - at < 2 + len)
			break;
		if (c->is_plain)
			take_plain_frame(c, slice_of(c->in.data + at + 2, len));
		else
			take_frame(c, slice_of(c->in.data + at + 2, len));
		at += 2 + len;
	}
	if (at == 0)
		return; /* perhaps nothing has ever come */
	memmove(c->in.data, c->in.data + at, c->in.len - at);
	c->in.len -= at;
}

static void read_everybody(void)
{
	for (int i = 0; i < CLIENTS; i++)
		if (rig.clients[i].in.len > 0)
			read_all(&rig.clients[i]);
}

static void sockets_take_all(void)
{
	rig.fake.is_stalled = false;
	for (int i = 0; i < CLIENTS; i++) {
		struct conn *c = rig.clients[i].conn;

		if (c && c->is_blocked)
			poller_unblock(c);
	}
}

/* Until nothing is on its way any more. */
static void settle(void)
{
	sockets_take_all();
	for (int i = 0; i < 400; i++) {
		hub_takes_mail();
		hub_turns();
		worker_turns();
	}
	read_everybody();
}

static void check_all_are_up_to_date(void)
{
	for (int i = 0; i < CLIENTS; i++) {
		if (!rig.clients[i].conn)
			continue;
		ck_assert_int_eq(rig.clients[i].conn->behind, CONN_LIVE);
		if (!rig.clients[i].is_first)
			check_none_missed(&rig.clients[i], head() + 1);
	}
}

/* --- by hand --- */

/* Those whose age has been told, whatever it is: behind the sum, buckets. */
static uint64_t count_cursors(void)
{
	uint64_t count = 0;

	for (int i = METRIC_CURSOR_AGE + 1; i <= METRIC_CURSOR_AGE_LAST; i++)
		count += atomic_load(&rig.metrics.values[i]);
	return count;
}

START_TEST(what_was_missed_comes_in_order_and_then_what_is_live)
{
	struct page *c = &rig.clients[0];

	open_hub();
	c->base = 1;
	come(c);
	settle();
	ck_assert_uint_eq(c->ats, 1);
	publish(0);
	settle();
	go(c);
	for (int i = 0; i < 100; i++)
		publish(i & 1);
	come(c);
	for (int i = 0; i < 10; i++)
		publish(i & 1);
	settle();
	publish(0);
	settle();
	check_all_are_up_to_date();
	ck_assert_uint_eq(count_cursors(), 1);
	ck_assert_uint_eq(c->messages, 1 + 50 + 5 + 1);
	ck_assert_uint_eq(c->gaps, 0);
	ck_assert_uint_eq(c->ats, 2);
}
END_TEST

START_TEST(an_unknown_cursor_is_a_gap_at_the_head)
{
	struct page *c = &rig.clients[0];

	open_hub();
	c->base = 1;
	publish(0);
	c->cursor = 0;
	come_with(c, "somebody-elses~1");
	settle();
	ck_assert_uint_eq(c->gaps, 1);
	ck_assert_uint_eq(c->ats, 0);
	ck_assert_uint_eq(c->cursor, 1);
	publish(0);
	settle();
	ck_assert_uint_eq(c->messages, 1);
}
END_TEST

/* A client that has gone, and has missed one message of its room since. */
static struct page *miss_one(void)
{
	struct page *c = &rig.clients[0];

	open_hub();
	c->base = 1;
	come(c);
	settle();
	go(c);
	worker_turns();
	publish(0);
	publish(1);
	return c;
}

/* It has come back, and is not told yet. */
static struct page *come_behind(void)
{
	struct page *c = miss_one();

	come(c);
	hub_takes_mail();
	return c;
}

START_TEST(a_join_while_behind_holds_from_its_position_on)
{
	struct page *c = come_behind();

	publish(1);
	steer_one(c, "join", 1);
	publish(1);
	publish(0);
	settle();
	ck_assert_uint_eq(c->messages, 3);
	ck_assert_uint_eq(c->gaps, 0);
	publish(1);
	settle();
	ck_assert_uint_eq(c->messages, 4);
	check_all_are_up_to_date();
}
END_TEST

START_TEST(a_leave_while_behind_holds_from_its_position_on)
{
	struct page *c = come_behind();

	publish(0);
	steer_one(c, "leave", 0);
	publish(0);
	settle();
	ck_assert_uint_eq(c->messages, 2);
	ck_assert_uint_eq(c->gaps, 0);
	check_all_are_up_to_date();
}
END_TEST

START_TEST(many_moves_while_behind_hold_each_from_its_position_on)
{
	struct page *c = come_behind();

	for (unsigned i = 0; i < MOVES_MAX; i++) {
		steer_one(c, i & 1 ? "leave" : "join", 1 + i / 2 % 3);
		for (unsigned room = 0; room < ROOMS; room++)
			publish(room);
	}
	settle();
	/* Each time of the room that it is in, every other time one more. */
	ck_assert_uint_eq(c->messages, 1 + MOVES_MAX + MOVES_MAX / 2);
	ck_assert_uint_eq(c->gaps, 0);
	check_all_are_up_to_date();
}
END_TEST

START_TEST(too_many_moves_while_behind_are_a_gap)
{
	struct page *c = come_behind();

	for (unsigned i = 0; i <= MOVES_MAX; i++)
		steer_one(c, "join", 1 + i % 3);
	publish(1);
	settle();
	ck_assert_uint_eq(c->gaps, 1);
	publish(1);
	settle();
	ck_assert_uint_eq(c->messages, 1);
	check_all_are_up_to_date();
}
END_TEST

/* As while a room of it is not watched yet. */
START_TEST(a_move_before_it_is_let_in_holds_from_its_position_on)
{
	struct page *c = miss_one();

	c->is_let_in_late = true;
	come(c);
	c->conn->pending_rooms = 1;
	steer_one(c, "leave", 0);
	steer_one(c, "join", 1);
	publish(0);
	publish(1);
	worker_turns();
	hub_takes_mail();
	ck_assert_int_eq(c->conn->state, CONN_WAITING);
	ck_assert_uint_eq(c->in.len, 0);
	c->conn->pending_rooms = 0;
	conn_set_state(c->conn, CONN_OPEN);
	behind_ask(c->conn);
	settle();
	ck_assert_uint_eq(c->messages, 2);
	ck_assert_uint_eq(c->gaps, 0);
	check_all_are_up_to_date();
}
END_TEST

/* Its page is queued, and the socket takes nothing. */
START_TEST(a_move_between_two_pages_holds_from_its_position_on)
{
	struct page *c = come_behind();

	rig.fake.is_stalled = true;
	rig.fake.takes = 0;
	for (int i = 0; i < 100; i++)
		publish(0);
	hub_turns();
	worker_turns();
	ck_assert_int_eq(c->conn->behind, CONN_BEHIND);
	publish(1);
	steer_one(c, "join", 1);
	publish(1);
	worker_turns();
	ck_assert_int_eq(c->conn->behind, CONN_BEHIND_MOVED);
	settle();
	ck_assert_uint_eq(c->messages, 102);
	ck_assert_uint_eq(c->gaps, 0);
	check_all_are_up_to_date();
}
END_TEST

START_TEST(the_last_messages_come_first)
{
	struct page *c = &rig.clients[0];

	open_hub();
	c->base = 1 | 2;
	for (int i = 0; i < 10; i++)
		for (unsigned room = 0; room < ROOMS; room++)
			publish(room);
	come_for_last(c, 3);
	hub_takes_mail();
	publish(0);
	settle();
	ck_assert_uint_eq(c->ats, 1);
	ck_assert_uint_eq(c->messages, 3 + 1);
	publish(1);
	settle();
	ck_assert_uint_eq(c->messages, 3 + 2);
	check_all_are_up_to_date();
}
END_TEST

START_TEST(as_many_come_as_there_are)
{
	struct page *c = &rig.clients[0];

	open_hub();
	c->base = 1;
	publish(0);
	publish(1);
	publish(0);
	come_for_last(c, 1000);
	settle();
	ck_assert_uint_eq(c->messages, 2);
	go(c);
	c->base = 8;
	come_for_last(c, 1000);
	settle();
	ck_assert_uint_eq(c->messages, 2);
	ck_assert_uint_eq(c->cursor, head());
	check_all_are_up_to_date();
}
END_TEST

/* Without ids there are no notes; what is live comes behind. */
START_TEST(the_last_messages_come_without_ids_as_well)
{
	struct page *c = &rig.clients[0];
	static const char wanted[] = "\x81\x02m2\x81\x02m3\x81\x02m4";

	open_hub();
	for (int i = 0; i < 3; i++)
		publish(0);
	c->conn = fake_connect(&rig.fake, CONN_OPEN);
	fake_join(&rig.fake, c->conn, names[0]);
	ck_assert_int_eq(
	    behind_begin(c->conn, &(struct behind_start){ .last = 2 }), 0);
	behind_ask(c->conn);
	hub_takes_mail();
	hub_turns();
	publish(0);
	worker_turns();
	ck_assert_uint_eq(c->in.len, sizeof wanted - 1);
	ck_assert_mem_eq(c->in.data, wanted, sizeof wanted - 1);
	ck_assert_int_eq(c->conn->behind, CONN_LIVE);
	c->in.len = 0;
}
END_TEST

/* Its socket takes so many bytes more; then a burst comes for its room. */
static void overrun(struct page *c, size_t takes, int count)
{
	rig.fake.is_stalled = true;
	rig.fake.takes = takes;
	for (int i = 0; i < count; i++) {
		publish(0);
		worker_turns();
	}
	ck_assert_ptr_nonnull(c->conn);
	ck_assert_int_eq(c->conn->behind, CONN_BEHIND);
	ck_assert_uint_le(fake_waiting(c->conn), 3);
}

static struct page *come_live(bool is_plain)
{
	struct page *c = &rig.clients[0];

	open_hub();
	c->base = 1;
	c->is_plain = is_plain;
	if (is_plain)
		come_for_last(c, 0);
	else
		come(c);
	settle();
	return c;
}

/* One frame is half written: it is finished. */
START_TEST(a_slow_reader_with_ids_catches_up)
{
	struct page *c = come_live(false);

	overrun(c, 7, 100);
	publish(1);
	settle();
	ck_assert_uint_eq(c->messages, 100);
	ck_assert_uint_eq(c->gaps, 0);
	publish(0);
	settle();
	check_all_are_up_to_date();
	ck_assert_uint_eq(c->cursor, head());
	ck_assert_uint_eq(fake_metric(&rig.fake, METRIC_FELL_BEHIND), 1);
	ck_assert_uint_eq(fake_metric(&rig.fake, METRIC_DROPPED_CATCH_UP), 0);
}
END_TEST

START_TEST(a_slow_reader_without_ids_catches_up)
{
	struct page *c;

	rig.fake.conf.delivery.slow_consumer = CONF_SLOW_CATCH_UP;
	c = come_live(true);
	overrun(c, 7, 100);
	publish(1);
	settle();
	ck_assert_uint_eq(c->messages, 100);
	check_all_are_up_to_date();
	ck_assert_uint_eq(rig.fake.closes, 0);
}
END_TEST

START_TEST(who_falls_behind_all_that_is_kept_is_told_of_a_gap)
{
	struct page *c;

	rig.fake.conf.history.memory = 10000;
	c = come_live(false);
	overrun(c, 0, 200);
	settle();
	ck_assert_uint_eq(c->gaps, 1);
	publish(0);
	settle();
	check_all_are_up_to_date();
	ck_assert_uint_eq(c->messages, 1);
}
END_TEST

START_TEST(without_ids_it_is_closed_then)
{
	rig.fake.conf.delivery.slow_consumer = CONF_SLOW_CATCH_UP;
	rig.fake.conf.history.memory = 10000;
	overrun(come_live(true), 0, 200);
	settle();
	ck_assert_uint_eq(rig.fake.closes, 1);
	ck_assert_int_eq(rig.fake.close_reason, CLOSE_SLOW);
}
END_TEST

START_TEST(what_is_not_kept_counts_as_dropped)
{
	struct page *c = come_live(false);

	rig.fake.is_stalled = true;
	rig.fake.takes = 0;
	publish(0);
	for (int i = 0; i < 3; i++)
		publish_on("send",
		    "{\"rooms\":[\"a\"],\"keep\":false,\"text\":\"typing\"}");
	overrun(c, 0, 100);
	settle();
	ck_assert_uint_eq(c->messages, 101);
	ck_assert_uint_eq(c->gaps, 0);
	ck_assert_uint_eq(fake_metric(&rig.fake, METRIC_DROPPED_CATCH_UP), 3);
}
END_TEST

/* The first note, which nobody would tell again, stays. */
START_TEST(one_that_reads_nothing_from_the_start_is_told_where_it_begins)
{
	struct page *c = &rig.clients[0];

	open_hub();
	c->base = 1;
	rig.fake.is_stalled = true;
	rig.fake.takes = 0;
	come_with(c, "somebody-elses~1");
	hub_takes_mail();
	hub_turns();
	worker_turns();
	overrun(c, 0, 100);
	settle();
	ck_assert_uint_eq(c->gaps, 1);
	ck_assert_uint_eq(c->messages, 100);
	check_all_are_up_to_date();
}
END_TEST

START_TEST(a_gap_that_waits_is_told)
{
	struct page *c = come_live(false);

	rig.fake.is_stalled = true;
	rig.fake.takes = 0;
	for (int i = 0; i < 3; i++) {
		publish(0);
		publish_too_large();
	}
	overrun(c, 0, 100);
	settle();
	ck_assert_uint_ge(c->gaps, 1);
	ck_assert_uint_eq(c->messages, 100);
	check_all_are_up_to_date();
}
END_TEST

/*
 * As if a stream were read again: what is published now is kept, but nobody who
 * is here gets it.
 */
static void begin_past(void)
{
	hub_takes_mail();
	rig.keeper.replays.reads_past = true;
}

/* Who came without a cursor meanwhile begins here. */
static void end_past(void)
{
	hub_takes_mail();
	for (int i = 0; i < CLIENTS; i++) {
		struct page *c = &rig.clients[i];

		if (c->came_in_past && c->is_first && !c->has_cursor)
			c->came_at = head();
		c->came_in_past = false;
	}
	rig.keeper.replays.reads_past = false;
	announce_gap(&rig.keeper.announce);
	hub_turns();
}

/* Nothing waits but what is half written. */
START_TEST(a_gap_that_finds_no_room_is_told)
{
	struct page *c;

	rig.fake.conf.delivery.queue = 100; /* less than a message takes */
	c = come_live(false);
	rig.fake.is_stalled = true;
	rig.fake.takes = 7;
	publish(0);
	worker_turns();
	begin_past();
	publish(0);
	publish(0);
	end_past();
	worker_turns();
	ck_assert_int_eq(c->conn->behind, CONN_BEHIND);
	settle();
	ck_assert_uint_eq(c->gaps, 1);
	publish(0);
	settle();
	ck_assert_uint_eq(c->messages, 2);
	check_all_are_up_to_date();
}
END_TEST

/* Some of what waited was for other rooms than it is in now. */
START_TEST(who_was_moved_while_it_was_slow_is_told_of_a_gap)
{
	struct page *c = come_live(false);

	rig.fake.is_stalled = true;
	rig.fake.takes = 0;
	publish(0);
	steer_one(c, "join", 1);
	worker_turns();
	overrun(c, 0, 100);
	settle();
	ck_assert_uint_eq(c->gaps, 1);
	publish(1);
	settle();
	ck_assert_uint_eq(c->messages, 1);
	check_all_are_up_to_date();
}
END_TEST

/* A page that waits makes nobody slow: live messages have all of the queue. */
START_TEST(what_was_missed_makes_nobody_slow)
{
	struct page *c = &rig.clients[0];
	struct outq *q;

	rig.fake.conf.delivery.slow_consumer = CONF_SLOW_DISCONNECT;
	open_hub();
	c->base = 1;
	come(c);
	settle();
	go(c);
	worker_turns();
	for (int i = 0; i < 4; i++)
		publish(0);
	rig.fake.is_stalled = true;
	rig.fake.takes = 0;
	come(c);
	hub_takes_mail();
	hub_turns();
	worker_turns();
	q = c->conn->outq;
	ck_assert_ptr_nonnull(q);
	ck_assert_int_eq(c->conn->behind, CONN_LIVE);
	ck_assert_uint_eq(q->count, 5);
	ck_assert_uint_eq(outq_live_cost(q), 0);
	publish(0);
	worker_turns();
	ck_assert_uint_gt(outq_live_cost(q), 0);
	ck_assert_uint_lt(outq_live_cost(q), q->cost / 2);
	settle();
	ck_assert_uint_eq(c->messages, 5);
}
END_TEST

/* One of an address that has had all that it may, and waits for more. */
static struct page *come_too_often(void)
{
	struct page *c = &rig.clients[0];

	rig.fake.conf.limits.replay_rate_per_address = 1000;
	open_hub();
	c->base = 1;
	come(c);
	settle();
	go(c);
	worker_turns();
	for (int i = 0; i < 100; i++)
		publish(0);
	come(c);
	settle();
	ck_assert_int_eq(c->conn->behind, CONN_BEHIND);
	ck_assert_uint_eq(
	    atomic_load(&rig.metrics.values[METRIC_RESUMES_DELAYED]), 1);
	return c;
}

START_TEST(an_address_that_has_had_too_much_waits)
{
	struct page *c = come_too_often();

	publish(0);
	rig.fake.conf.limits.replay_rate_per_address = 1 << 30;
	keeper_tick(&rig.keeper);
	settle();
	ck_assert_uint_eq(c->messages, 101);
	ck_assert_uint_eq(c->gaps, 0);
	check_all_are_up_to_date();
}
END_TEST

START_TEST(who_would_wait_for_too_long_is_told_of_a_gap)
{
	struct page *c = come_too_often();
	unsigned before = c->messages;

	replays_tick(&rig.keeper.replays, clock_ms() + REPLAY_DELAY_MS);
	outbox_post(&rig.outbox);
	publish(0);
	settle();
	ck_assert_uint_eq(c->gaps, 1);
	ck_assert_uint_eq(c->messages, before + 1);
	check_all_are_up_to_date();
}
END_TEST

START_TEST(what_is_lost_here_is_a_gap_for_who_is_live_and_who_comes_back)
{
	struct page *live = &rig.clients[0], *back = &rig.clients[1];

	open_hub();
	live->base = back->base = 1;
	come(live);
	come(back);
	settle();
	go(back);
	publish(0);
	publish_too_large();
	publish(0);
	settle();
	ck_assert_uint_eq(live->gaps, 1);
	ck_assert_uint_eq(live->messages, 2);
	come(back);
	settle();
	ck_assert_uint_eq(back->gaps, 1);
	ck_assert_uint_eq(back->messages, 2);
}
END_TEST

/* All that is kept may be holes: who comes back gets them page by page. */
START_TEST(many_holes_come_in_pages_as_well)
{
	struct page *c = &rig.clients[0];

	open_hub();
	c->base = 1;
	come(c);
	settle();
	go(c);
	worker_turns();
	for (int i = 0; i < 1000; i++)
		publish_too_large();
	settle();
	rig.fake.is_stalled = true;
	rig.fake.takes = 0;
	come(c);
	hub_takes_mail();
	hub_turns();
	worker_turns();
	ck_assert_uint_gt(fake_waiting(c->conn), 1);
	ck_assert_uint_le(fake_waiting(c->conn), 100);
	settle();
	ck_assert_uint_eq(c->gaps, 1000);
	ck_assert_uint_eq(c->cursor, head());
	check_all_are_up_to_date();
}
END_TEST

/* A page of one message is sent alone: what is live comes behind it. */
START_TEST(a_message_larger_than_a_page_comes_alone)
{
	static char large[SMALL_QUEUE * 4];
	struct page *c = &rig.clients[0];
	struct resume *r;
	const struct mail *mail;
	size_t count;

	open_hub();
	memset(large, 'x', sizeof large - 1);
	c->base = 1;
	publish_on("room:a", "small");
	publish_on("room:a", large);
	publish_on("room:a", "small");
	c->cursor = 0;
	come(c);
	hub_takes_mail();
	ck_assert_uint_eq(c->conn->behind, CONN_BEHIND);
	go(c);
	hub_turns();
	/* It was for nobody any more: made and freed. */
	mail = mailbox_take(rig.fake.worker->mailbox, &count);
	for (size_t i = 0; i < count; i++) {
		if (mail[i].kind == MAIL_REPLAY) {
			r = mail[i].item;
			ck_assert_uint_eq(r->message_count, 0);
			ck_assert(r->is_live); /* its cursor was empty */
		}
		mail_drop(&mail[i]);
	}
	ck_assert_uint_gt(count, 0);
}
END_TEST

/* A ping, a ms before what comes next. */
static void ping(struct page *c)
{
	behind_beat(c->conn);
	c->conn->pinged_ms = (uint32_t)rig.fake.worker->now_ms - 1;
}

/* What comes twice a second, to those who are quiet then. */
static void tell_here(void)
{
	keeper_tick(&rig.keeper);
	outbox_post(&rig.outbox);
	settle();
}

START_TEST(a_quiet_connection_is_told_where_it_is)
{
	struct page *c = come_live(false);

	publish(1);
	tell_here();
	ping(c); /* it has had the first note since */
	settle();
	ck_assert_uint_eq(c->ats, 1);
	tell_here();
	behind_beat(c->conn);
	settle();
	ck_assert_uint_eq(c->ats, 2);
	ck_assert_uint_eq(c->cursor, 1);
	publish(0);
	settle();
	behind_beat(c->conn); /* it has had a message since */
	settle();
	ck_assert_uint_eq(c->ats, 2);
	ck_assert_uint_eq(c->cursor, 2);
}
END_TEST

/* What it would have been told then is from before the gap. */
START_TEST(a_quiet_connection_that_was_told_of_a_gap_stays_behind_it)
{
	struct page *c = come_live(false);

	ping(c);
	tell_here();
	publish_too_large();
	settle();
	behind_beat(c->conn);
	settle();
	ck_assert_uint_eq(c->gaps, 1);
	ck_assert_uint_eq(c->ats, 1);
	ck_assert_uint_eq(c->cursor, 1);
}
END_TEST

START_TEST(what_came_together_is_heard_as_well)
{
	struct page *c = come_live(false), *d = &rig.clients[1];

	d->base = 1;
	come(d);
	settle();
	ping(c); /* it has had the first note since */
	tell_here();
	publish(0);
	publish(0); /* both in one turn of the worker: a run */
	settle();
	ck_assert_uint_eq(c->cursor, 2);
	ck_assert_uint_eq(c->messages, 2);
	behind_beat(c->conn);
	settle();
	ck_assert_uint_eq(c->cursor, 2);
}
END_TEST

START_TEST(what_was_heard_before_stamps_begin_anew_counts)
{
	struct page *c = come_live(false);

	ping(c);
	tell_here();
	rig.fake.worker->stamp = UINT32_MAX - 1;
	publish(0);
	settle();
	ck_assert_uint_eq(c->cursor, 1);
	publish(1); /* for nobody: wraps */
	publish(1);
	rig.clients[1].base = 2;
	come(&rig.clients[1]);
	settle();
	publish(1);
	settle();
	behind_beat(c->conn);
	settle();
	ck_assert_uint_eq(c->cursor, 1);
}
END_TEST

START_TEST(a_move_before_catching_up_was_wanted_is_a_gap)
{
	struct page *c;

	rig.fake.conf.delivery.slow_consumer = CONF_SLOW_DISCONNECT;
	c = come_live(false);
	rig.fake.is_stalled = true;
	rig.fake.takes = 0;
	for (int i = 0; i < 3; i++)
		publish(0);
	worker_turns();
	steer_one(c, "leave", 0);
	steer_one(c, "join", 1);
	worker_turns();
	rig.fake.conf.delivery.slow_consumer = CONF_SLOW_CATCH_UP;
	for (int i = 0; i < 100; i++) {
		publish(1);
		worker_turns();
	}
	ck_assert_int_eq(c->conn->behind, CONN_BEHIND);
	settle();
	check_all_are_up_to_date();
}
END_TEST

START_TEST(a_move_of_who_waits_is_no_loss_untold)
{
	struct page *c = &rig.clients[0];

	open_hub();
	rig.fake.conf.delivery.slow_consumer = CONF_SLOW_CATCH_UP;
	c->base = 1;
	c->is_plain = true;
	c->is_let_in_late = true;
	come_for_last(c, 0);
	c->conn->pending_rooms = 1;
	rig.fake.is_stalled = true;
	rig.fake.takes = 0;
	for (int i = 0; i < 3; i++)
		publish(0);
	worker_turns();
	steer_one(c, "leave", 0);
	steer_one(c, "join", 1);
	worker_turns();
	c->conn->pending_rooms = 0;
	conn_set_state(c->conn, CONN_OPEN);
	for (int i = 0; i < 100; i++) {
		publish(1);
		worker_turns();
	}
	settle();
	check_all_are_up_to_date();
}
END_TEST

/* --- any order --- */

static uint64_t below(uint64_t bound)
{
	return rng_below(&rig.rng, bound);
}

static bool one_in(uint64_t count)
{
	return below(count) == 0;
}

static unsigned any_room(void)
{
	return (unsigned)below(ROOMS);
}

static struct page *any_client(void)
{
	return &rig.clients[below(CLIENTS)];
}

static void publish_one(void)
{
	publish(any_room());
}

/* Those for a room that has two members go as one, when they come together. */
static void publish_run(void)
{
	unsigned room = any_room();

	for (uint64_t left = 2 + below(4); left > 0; left--)
		publish(room);
}

/* To some rooms and perhaps one connection, or all of those but one. */
static void publish_envelope(void)
{
	const struct page *c = any_client();
	struct whom to = { .rooms = (unsigned char)(1 + below(15)) };
	char id[CONN_ID_LEN + 1], payload[256], *at = payload;
	char *end = payload + sizeof payload;
	bool is_spared = one_in(2);

	if (!c->conn)
		return;
	conn_id(c->conn, id);
	*(is_spared ? &to.spared : &to.named) = c->serial;
	at += snprintf(at, (size_t)(end - at), "{\"%s\":[\"%s\"],\"rooms\":[",
	    is_spared ? "except" : "connections", id);
	for (unsigned i = 0, count = 0; i < ROOMS; i++)
		if (to.rooms >> i & 1)
			at += snprintf(at, (size_t)(end - at), "%s\"%s\"",
			    count++ ? "," : "", names[i]);
	(void)snprintf(at, (size_t)(end - at), "],\"text\":\"m%llu\"}",
	    (unsigned long long)head() + 1);
	publish_on("send", payload);
	rig.to[head()] = to;
}

/* More than a queue takes. */
static void publish_burst(void)
{
	for (uint64_t left = below(200); left > 0 && head() < POSITIONS - 20;
	     left--) {
		publish_one();
		if (left % 20 == 0)
			worker_turns();
	}
}

static void publish_malformed(void)
{
	publish_on("send", "malformed");
}

static void come_or_go(void)
{
	struct page *c = any_client();

	if (c->conn) {
		read_all(c);
		go(c);
	} else if (one_in(4)) {
		come_for_last(c, (uint32_t)below(60));
	} else if (c->is_plain) {
		come_for_last(c, 0);
	} else {
		come(c);
	}
}

static void move_one(void)
{
	struct page *c = any_client();

	if (c->conn)
		steer_one(c, one_in(2) ? "join" : "leave", any_room());
}

static void move_all(void)
{
	char command[160];

	(void)snprintf(command, sizeof command,
	    "{\"command\":\"%s\",\"users\":[\"ann\"],\"rooms\":[\"%s\"]}",
	    one_in(2) ? "join" : "leave", names[any_room()]);
	publish_on("control", command);
}

static void ping_one(void)
{
	struct page *c = any_client();

	if (!c->conn || c->conn->state != CONN_OPEN)
		return;
	behind_beat(c->conn);
	c->conn->pinged_ms = (uint32_t)rig.fake.worker->now_ms;
}

static void hub_ticks(void)
{
	keeper_tick(&rig.keeper);
}

static void stall(void)
{
	rig.fake.is_stalled = true;
	rig.fake.takes = (size_t)below(2000);
}

static void reload(void)
{
	rig.fake.conf.delivery.slow_consumer =
	    one_in(2) ? CONF_SLOW_DISCONNECT : CONF_SLOW_CATCH_UP;
}

/* As after four thousand million messages. */
static void use_up_stamps(void)
{
	struct worker *w = rig.fake.worker;

	if (w->stamp < UINT32_MAX / 2 && !w->walk.delivery)
		w->stamp = UINT32_MAX - (uint32_t)below(4);
}

static void begin_or_end_past(void)
{
	if (rig.keeper.replays.reads_past)
		end_past();
	else
		begin_past();
}

static void settle_now_and_then(void)
{
	if (rig.keeper.replays.reads_past)
		end_past();
	settle();
	check_all_are_up_to_date();
}

/*
 * What may come next, and how often of a hundred or so, by the season: some
 * faults show only where others stay away. In QUIET a ping often finds that
 * nothing but one run has come since the one before; in MOVING many move, and
 * come meanwhile; in SLOW queues fill while few move.
 */
enum { BUSY, QUIET, MOVING, SLOW, SEASONS };

static const struct {
	unsigned weights[SEASONS];
	void (*take)(void);
} steps_of_all[] = {
	{ { 40, 1, 5, 10 }, publish_one },
	{ { 4, 4, 4, 2 }, publish_run },
	{ { 4, 3, 4, 2 }, publish_envelope },
	{ { 2, 0, 2, 4 }, publish_burst },
	{ { 1, 0, 0, 0 }, publish_malformed },
	{ { 1, 0, 1, 0 }, publish_too_large },
	{ { 2, 2, 12, 2 }, come_or_go },
	{ { 1, 0, 3, 4 }, move_one },
	{ { 1, 0, 8, 0 }, move_all },
	{ { 2, 20, 5, 1 }, ping_one },
	{ { 15, 30, 15, 20 }, worker_turns },
	{ { 10, 15, 10, 5 }, hub_turns },
	{ { 5, 5, 5, 2 }, hub_takes_mail },
	{ { 2, 10, 2, 1 }, hub_ticks },
	{ { 2, 0, 3, 6 }, stall },
	{ { 1, 1, 1, 2 }, sockets_take_all },
	{ { 1, 1, 1, 2 }, settle_now_and_then },
	{ { 1, 0, 1, 0 }, begin_or_end_past },
	{ { 1, 0, 1, 6 }, reload },
	{ { 1, 4, 1, 0 }, use_up_stamps },
};

enum { STEPS_OF_ALL = sizeof steps_of_all / sizeof steps_of_all[0] };

static void step(unsigned season)
{
	uint64_t sum = 0, at;
	int i = 0;

	for (int k = 0; k < STEPS_OF_ALL; k++)
		sum += steps_of_all[k].weights[season];
	for (at = below(sum); at >= steps_of_all[i].weights[season]; i++)
		at -= steps_of_all[i].weights[season];
	steps_of_all[i].take();
	outbox_post(&rig.outbox);
	read_everybody();
}

static unsigned next_season(void)
{
	rig.stride = one_in(2) ? 0 : (size_t)(1 + below(30));
	return (unsigned)below(SEASONS);
}

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

/* --- what a turn of the hub may cost --- */

/* Of rooms whose hashes lead to that of "a", and only then to others. */
static void keep_for_others(unsigned messages)
{
	enum { EACH = 1000 };
	static struct aim_room rooms[EACH];
	const struct aim aim = { .rooms = rooms, .room_count = EACH };
	const struct aim_room a = fake_room(&rig.fake, slice_str("a"));

	for (uint64_t i = 0; i < EACH; i++)
		rooms[i] = (struct aim_room){ a.hash ^ (i + 1) << 54,
			slice_str("others") };
	for (unsigned i = 0; i < messages; i++) {
		history_advance(rig.keeper.history, clock_ms());
		history_keep(rig.keeper.history, fake_message(1, &aim));
	}
}

/* Somebody comes back to the rooms that it has joined. */
static void ask(struct conn *c, const char *cursor)
{
	static struct client client;

	c->form = MESSAGE_AS_TEXT_WITH_ID;
	c->client = &client;
	ck_assert_int_eq(behind_begin(c,
			     &(struct behind_start){
				 .cursor = slice_str(cursor),
				 .max_age_ms = 1000000,
			     }),
	    0);
	behind_ask(c);
}

/* How many the hub needs for all that is to be told. */
static unsigned count_turns(void)
{
	unsigned turns = 1;

	hub_takes_mail();
	while (keeper_turn(&rig.keeper))
		turns++;
	settle();
	return turns;
}

/* 200,000 names are looked at, each among 128: some 15 ns. */
START_TEST(to_look_at_much_takes_several_turns)
{
	struct conn *c = fake_connect(&rig.fake, CONN_OPEN);
	char cursor[HISTORY_ID_MAX + 1], room[16];
	unsigned turns;

	rig.fake.conf.history.memory = 64 << 20;
	open_hub();
	(void)history_id(rig.keeper.history, 0, cursor);
	keep_for_others(200);
	fake_join(&rig.fake, c, "a");
	for (int i = 1; i < 128; i++) {
		(void)snprintf(room, sizeof room, "r%d", i);
		fake_join(&rig.fake, c, room);
	}
	ask(c, cursor);
	turns = count_turns();
	ck_assert_uint_ge(turns, 3);
	ck_assert_uint_le(turns, 10);
}
END_TEST

START_TEST(many_pages_take_several_turns)
{
	unsigned turns;

	open_hub();
	for (int i = 0; i < 200; i++)
		ask(fake_connect(&rig.fake, CONN_OPEN), "");
	turns = count_turns();
	ck_assert_uint_ge(turns, 3);
	ck_assert_uint_le(turns, 10);
}
END_TEST

START_TEST(in_any_order_nothing_is_lost_untold)
{
	uint64_t steps = number_from("ROOMCAST_REPLAY_STEPS", 40000);
	unsigned messages = 0, gaps = 0, season = BUSY;

	rig.rng = number_from("ROOMCAST_REPLAY_SEED", 20261126);
	(void)printf("seed %llu, %llu steps\n", (unsigned long long)rig.rng,
	    (unsigned long long)steps);
	rig.fake.conf.history.memory = 60000;
	open_hub();
	rig.fake.conf.delivery.slow_consumer = CONF_SLOW_CATCH_UP;
	for (unsigned i = 0; i < CLIENTS; i++) {
		rig.clients[i].base = 1 + i;
		rig.clients[i].is_plain = i % 3 == 2;
		rig.clients[i].is_anns = true;
	}
	while (steps-- > 0 && head() < POSITIONS - 20) {
		if (one_in(200))
			season = next_season();
		step(season);
	}
	settle_now_and_then();
	for (int i = 0; i < CLIENTS; i++) {
		messages += rig.clients[i].messages;
		gaps += rig.clients[i].gaps;
	}
	(void)printf("%u messages, %u gaps told, %llu times fallen behind, "
		     "%u closed\n",
	    messages, gaps,
	    (unsigned long long)fake_metric(&rig.fake, METRIC_FELL_BEHIND),
	    rig.fake.closes);
	ck_assert_uint_gt(messages, 1000);
	ck_assert_uint_gt(fake_metric(&rig.fake, METRIC_FELL_BEHIND), 0);
}
END_TEST

UNIT_MAIN_WITH(setup, teardown, "core/replay",
    what_was_missed_comes_in_order_and_then_what_is_live,
    an_unknown_cursor_is_a_gap_at_the_head,
    a_join_while_behind_holds_from_its_position_on,
    a_leave_while_behind_holds_from_its_position_on,
    many_moves_while_behind_hold_each_from_its_position_on,
    too_many_moves_while_behind_are_a_gap,
    a_move_before_it_is_let_in_holds_from_its_position_on,
    a_move_between_two_pages_holds_from_its_position_on,
    the_last_messages_come_first, as_many_come_as_there_are,
    the_last_messages_come_without_ids_as_well,
    a_slow_reader_with_ids_catches_up, a_slow_reader_without_ids_catches_up,
    who_falls_behind_all_that_is_kept_is_told_of_a_gap,
    without_ids_it_is_closed_then, what_is_not_kept_counts_as_dropped,
    one_that_reads_nothing_from_the_start_is_told_where_it_begins,
    a_gap_that_waits_is_told, a_gap_that_finds_no_room_is_told,
    who_was_moved_while_it_was_slow_is_told_of_a_gap,
    what_was_missed_makes_nobody_slow, an_address_that_has_had_too_much_waits,
    who_would_wait_for_too_long_is_told_of_a_gap,
    what_is_lost_here_is_a_gap_for_who_is_live_and_who_comes_back,
    many_holes_come_in_pages_as_well, a_message_larger_than_a_page_comes_alone,
    a_move_before_catching_up_was_wanted_is_a_gap,
    a_move_of_who_waits_is_no_loss_untold, what_came_together_is_heard_as_well,
    what_was_heard_before_stamps_begin_anew_counts,
    a_quiet_connection_is_told_where_it_is,
    a_quiet_connection_that_was_told_of_a_gap_stays_behind_it,
    to_look_at_much_takes_several_turns, many_pages_take_several_turns,
    in_any_order_nothing_is_lost_untold)
