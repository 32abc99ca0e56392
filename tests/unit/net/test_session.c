/* session: keepalive, what a client may send, and both goodbyes. */
#include <stdio.h>

#include "base/clock.h"
#include "clientrig.h"

enum {
	INTERVAL_MS = 30000,
	TIMEOUT_MS = 10000,
	RATE = 20,
	BIG = 1 << 20, /* more than the socket takes */
	TEXT = 0x81,
	PART = 0x01, /* of a text, and not the last one */
	CLOSE = 0x88,
	PING = 0x89,
	PONG = 0x8a,
};

static const char yaml[] = "listen: [{address: '127.0.0.1:0'}]\n"
			   "routes: [{path: /ws, rooms: [a]},"
			   " {path: /hello, rooms: [a], welcome: true}]\n"
			   "limits: {inbound_rate: 20, inbound_message: 1KiB}\n"
			   "keepalive: {ping_interval: 30s, pong_timeout: 10s}";

static struct clientrig r;

static void enter(const char *head)
{
	client_connect(&r);
	client_send(&r, head);
	ck_assert_int_eq(client_state(&r), CONN_OPEN);
}

static void setup(void)
{
	client_init(&r, yaml, false);
	enter(CLIENT_HEAD("/ws") "\r\n");
	while (client_hear(&r))
		;
	r.heard_len = 0;
}

static void teardown(void)
{
	client_fini(&r);
}

static uint64_t counted(enum metric id)
{
	return client_metric(&r, id);
}

static struct slice frame(const char *bytes, size_t len)
{
	return slice_of(bytes, len);
}

#define FRAME(literal) frame(literal, sizeof(literal) - 1)

/* Publish so much that some of it waits. */
static void fill(void)
{
	fake_publish(&r.fake, BIG, &(struct aim){ .is_everyone = true });
	client_end_turn(&r);
	ck_assert(r.c->is_blocked);
}

/* The client takes some of it, and its socket can be written to again. */
static void read_some(void)
{
	ck_assert(client_hear(&r));
	r.heard_len = 0;
	poller_unblock(r.c);
	client_end_turn(&r);
}

static void read_all(void)
{
	while (client_hear(&r)) {
		r.heard_len = 0;
		poller_unblock(r.c);
		client_end_turn(&r);
	}
}

/* How long it takes up to a ping, within 100 ms. */
static int64_t wait_for_ping(void)
{
	uint64_t before = counted(METRIC_PINGS);
	int64_t ms = 0;

	while (counted(METRIC_PINGS) == before && ms < 2 * INTERVAL_MS) {
		client_pass(&r, 100);
		ms += 100;
	}
	client_expect(&r, FRAME("\x89\0"));
	return ms;
}

/* --- start --- */

START_TEST(the_answer_comes_first_then_the_welcome)
{
	static const char request[] =
	    CLIENT_HEAD("/hello") "\r\n"
				  "\x89\x82\0\0\0\0hi";
	static const char answer[] =
	    "HTTP/1.1 101 Switching Protocols\r\n"
	    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
	char id[CONN_ID_LEN + 1], welcome[128], expected[512];

	(void)close(r.fd);
	client_connect(&r);
	client_write(&r, request, sizeof request - 1);
	client_wake(&r);
	conn_id(r.c, id);
	(void)snprintf(welcome, sizeof welcome,
	    "{\"type\":\"roomcast.welcome\",\"connection\":\"%s\"}", id);
	(void)snprintf(expected, sizeof expected, "%s\x81%c%s\x8a\x02hi",
	    answer, (int)strlen(welcome), welcome);
	client_expect(&r, slice_str(expected));
}
END_TEST

/* --- keepalive --- */

START_TEST(the_first_ping_comes_anywhere_in_the_interval)
{
	int64_t ms = wait_for_ping();

	ck_assert_int_ge(ms, INTERVAL_MS / 5);
	ck_assert_int_le(ms, INTERVAL_MS + 100);
}
END_TEST

START_TEST(who_answers_pings_stays)
{
	(void)wait_for_ping();
	for (int i = 0; i < 5; i++) {
		int64_t ms;

		client_send_frame(&r, PONG, "");
		ms = wait_for_ping();
		ck_assert_int_ge(ms, INTERVAL_MS - INTERVAL_MS / 5 - 100);
		ck_assert_int_le(ms, INTERVAL_MS + 100);
	}
	ck_assert_int_eq(client_state(&r), CONN_OPEN);
}
END_TEST

START_TEST(who_does_not_is_cut_off_after_the_timeout)
{
	(void)wait_for_ping();
	client_pass(&r, TIMEOUT_MS - 200);
	ck_assert_int_eq(client_state(&r), CONN_OPEN);
	client_pass(&r, 300);
	ck_assert_int_eq(client_state(&r), CONN_DEAD);
	ck_assert_uint_eq(counted(METRIC_CLOSED_PONG_TIMEOUT), 1);
	client_expect_end(&r);
}
END_TEST

START_TEST(a_timeout_may_be_longer_than_the_interval)
{
	r.conf->keepalive.ping_interval_ms = TIMEOUT_MS / 3;
	(void)wait_for_ping();
	client_pass(&r, TIMEOUT_MS - 200);
	ck_assert_int_eq(client_state(&r), CONN_OPEN);
	client_pass(&r, 300);
	ck_assert_int_eq(client_state(&r), CONN_DEAD);
	ck_assert_uint_eq(counted(METRIC_PINGS), 1);
}
END_TEST

START_TEST(anything_counts_as_a_pong)
{
	(void)wait_for_ping();
	client_send_frame(&r, TEXT, "hello");
	client_pass(&r, TIMEOUT_MS + 200);
	ck_assert_int_eq(client_state(&r), CONN_OPEN);
}
END_TEST

/* As after a long stop of the process. */
START_TEST(a_pong_that_lies_unread_counts)
{
	(void)wait_for_ping();
	client_write_frame(&r, PONG, "", 0);
	client_pass(&r, TIMEOUT_MS + 200);
	ck_assert_int_eq(client_state(&r), CONN_OPEN);
}
END_TEST

START_TEST(who_talks_but_takes_nothing_is_cut_off)
{
	fill();
	for (int ms = 0; r.c && ms <= INTERVAL_MS + 2 * TIMEOUT_MS;
	     ms += 1000) {
		client_send_frame(&r, PONG, "");
		client_pass(&r, 1000);
	}
	ck_assert_int_eq(client_state(&r), CONN_DEAD);
	ck_assert_uint_eq(counted(METRIC_CLOSED_PONG_TIMEOUT), 1);
}
END_TEST

START_TEST(who_reads_slowly_stays)
{
	fill();
	for (int i = 0; i < 12; i++) {
		read_some();
		ck_assert(r.c->is_blocked);
		client_send_frame(&r, PONG, "");
		client_pass(&r, TIMEOUT_MS - 1000);
	}
	ck_assert_int_eq(client_state(&r), CONN_OPEN);
}
END_TEST

/* The poller has not said yet that there is space. */
START_TEST(a_socket_that_is_empty_by_now_is_not_stuck)
{
	fill();
	while (client_hear(&r))
		r.heard_len = 0;
	ck_assert(r.c->is_blocked);
	for (int ms = 0; counted(METRIC_PINGS) == 0; ms += 100) {
		ck_assert_int_le(ms, INTERVAL_MS);
		client_pass(&r, 100);
		ck_assert_int_eq(client_state(&r), CONN_OPEN);
	}
}
END_TEST

START_TEST(credentials_end)
{
	int64_t now_s = clock_wall_ms() / 1000;

	r.c->expires_s = (uint32_t)now_s + 3600;
	(void)wait_for_ping();
	client_send_frame(&r, PONG, "");
	r.conf->keepalive.pong_timeout_ms = INTERVAL_MS;
	r.c->expires_s = (uint32_t)now_s + 25;
	(void)wait_for_ping();
	ck_assert_int_le(r.c->timer.due_ms - r.fake.worker->now_ms, 25000);
	r.c->expires_s = (uint32_t)now_s;
	client_pass(&r, 25100);
	client_expect(&r, FRAME("\x88\x15\x03\xf0"
				"credentials expired"));
	ck_assert_uint_eq(counted(METRIC_CLOSED_EXPIRED), 1);
}
END_TEST

/* --- what a client may send --- */

START_TEST(a_ping_is_answered_with_its_payload)
{
	client_send_frame(&r, PING, "abc");
	client_expect(&r, FRAME("\x8a\x03"
				"abc"));
	ck_assert_uint_eq(counted(METRIC_INBOUND_FRAMES), 1);
}
END_TEST

START_TEST(frames_over_the_rate_end_it)
{
	for (int i = 0; i < RATE; i++)
		client_send_frame(&r, TEXT, "x");
	client_pass(&r, 1000);
	for (int i = 0; i < RATE; i++)
		client_send_frame(&r, TEXT, "x");
	ck_assert_int_eq(client_state(&r), CONN_OPEN);
	client_send_frame(&r, TEXT, "x");
	client_expect(&r, FRAME("\x88\x0e\x03\xf0"
				"inbound rate"));
	ck_assert_uint_eq(counted(METRIC_CLOSED_RATE), 1);
	ck_assert_int_eq(client_state(&r), CONN_LINGER);
	client_send_frame(&r, TEXT, "x"); /* is not looked at any more */
	ck_assert_int_eq(client_state(&r), CONN_LINGER);
	ck_assert_uint_eq(counted(METRIC_CLOSED_RATE), 1);
	ck_assert_uint_eq(counted(METRIC_INBOUND_FRAMES), 2 * RATE + 1);
}
END_TEST

START_TEST(pings_of_who_reads_no_pongs_end_it)
{
	char payload[126] = "";

	memset(payload, 'x', 125);
	r.conf->limits.inbound_rate = 0;
	fill();
	for (int i = 0; i < 32; i++)
		client_send_frame(&r, PING, payload);
	ck_assert_int_eq(client_state(&r), CONN_OPEN);
	client_send_frame(&r, PING, payload);
	ck_assert_int_eq(client_state(&r), CONN_CLOSING);
	ck_assert_uint_eq(counted(METRIC_CLOSED_RATE), 1);
}
END_TEST

START_TEST(a_message_must_be_whole_in_time)
{
	client_send_frame(&r, PART, "x");
	client_pass(&r, TIMEOUT_MS - 200);
	client_send_frame(&r, PONG, "");
	ck_assert_int_eq(client_state(&r), CONN_OPEN);
	client_pass(&r, 300);
	ck_assert_int_eq(client_state(&r), CONN_CLOSING);
	ck_assert_uint_eq(counted(METRIC_CLOSED_UNFINISHED), 1);
}
END_TEST

START_TEST(a_message_that_is_whole_in_time_is_fine)
{
	client_send_frame(&r, PART, "x");
	client_pass(&r, TIMEOUT_MS - 200);
	client_send_frame(&r, 0x80, "y");
	client_send_frame(&r, PART, "x"); /* has its own time */
	client_pass(&r, TIMEOUT_MS - 200);
	ck_assert_int_eq(client_state(&r), CONN_OPEN);
	client_pass(&r, 300);
	ck_assert_int_eq(client_state(&r), CONN_CLOSING);
}
END_TEST

/* --- the client says goodbye --- */

START_TEST(a_close_frame_is_answered_with_the_same)
{
	client_send_frame(&r, CLOSE,
	    "\x03\xe9"
	    "bye");
	ck_assert_int_eq(client_state(&r), CONN_LINGER);
	client_expect(&r, FRAME("\x88\x05\x03\xe9"
				"bye"));
	client_expect_end(&r);
	ck_assert_uint_eq(counted(METRIC_CLOSED_PEER_1001), 1);
	client_send_frame(&r, TEXT, "what still comes");
	ck_assert_int_eq(client_state(&r), CONN_LINGER);
	ck_assert_int_eq(shutdown(r.fd, SHUT_WR), 0);
	client_wake(&r);
	ck_assert_int_eq(client_state(&r), CONN_DEAD);
}
END_TEST

START_TEST(a_close_frame_without_a_code_is_answered_with_none)
{
	client_send_frame(&r, CLOSE, "");
	client_expect(&r, FRAME("\x88\0"));
	client_expect_end(&r);
	ck_assert_uint_eq(counted(METRIC_CLOSED_PEER_1005), 1);
}
END_TEST

START_TEST(a_mistake_is_told_its_code)
{
	static const struct {
		unsigned first;
		const char *payload;
		const char *answer;
		enum metric metric;
	} rows[] = {
		{ TEXT, "\xff", "\x03\xef", METRIC_CLOSED_UTF8 },
		{ 0x83, "", "\x03\xea", METRIC_CLOSED_PROTOCOL },
		{ CLOSE, "\x03\xed", "\x03\xea", METRIC_CLOSED_PROTOCOL },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint64_t before = counted(rows[i].metric);

		client_send_frame(&r, rows[i].first, rows[i].payload);
		while (client_hear(&r))
			;
		ck_assert_uint_ge(r.heard_len, 4);
		ck_assert_mem_eq(r.heard, "\x88", 1);
		ck_assert_mem_eq(r.heard + 2, rows[i].answer, 2);
		ck_assert(r.is_over);
		ck_assert_uint_eq(counted(rows[i].metric), before + 1);
		(void)close(r.fd);
		enter(CLIENT_HEAD("/ws") "\r\n");
		read_all();
	}
}
END_TEST

START_TEST(a_message_over_the_limit_is_a_mistake)
{
	unsigned char head[] = { 0x82, 0x80 | 126, 4, 1, 0, 0, 0, 0 };
	static const char payload[1025] = "";

	client_write(&r, head, sizeof head);
	client_write(&r, payload, sizeof payload);
	client_wake(&r);
	client_expect(&r, FRAME("\x88\x02\x03\xf1"));
	ck_assert_uint_eq(counted(METRIC_CLOSED_TOO_BIG), 1);
}
END_TEST

START_TEST(who_leaves_without_a_word_is_gone)
{
	ck_assert_int_eq(shutdown(r.fd, SHUT_WR), 0);
	client_wake(&r);
	ck_assert_int_eq(client_state(&r), CONN_DEAD);
	ck_assert_uint_eq(counted(METRIC_CLOSED_PEER_GONE), 1);
}
END_TEST

/* --- we say goodbye --- */

static void goodbye(enum close_reason reason, bool flush)
{
	r.fake.shared.ops->close(r.c, reason, flush);
	client_end_turn(&r);
}

START_TEST(our_close_frame_waits_for_its_answer)
{
	goodbye(CLOSE_SHUTDOWN, true);
	client_expect(&r, FRAME("\x88\x0a\x03\xf4"
				"shutdown"));
	ck_assert(!r.is_over);
	ck_assert_int_eq(client_state(&r), CONN_CLOSING);
	client_send_frame(&r, CLOSE, "\x03\xf4");
	ck_assert_int_eq(client_state(&r), CONN_LINGER);
	client_expect_end(&r);
	ck_assert_uint_eq(counted(METRIC_CLOSED_SHUTDOWN), 1);
	ck_assert_uint_eq(counted(METRIC_CLOSED_PEER_1012), 0);
}
END_TEST

START_TEST(the_app_chooses_code_and_reason)
{
	r.fake.shared.ops->disconnect(r.c, 4001, slice_str("enough"));
	client_expect(&r, FRAME("\x88\x08\x0f\xa1"
				"enough"));
	ck_assert_uint_eq(counted(METRIC_CLOSED_APP_4XXX), 1);
}
END_TEST

START_TEST(a_second_reason_to_close_ends_it_at_once)
{
	goodbye(CLOSE_SHUTDOWN, true);
	goodbye(CLOSE_INTERNAL, false);
	ck_assert_int_eq(client_state(&r), CONN_DEAD);
	ck_assert_uint_eq(counted(METRIC_CLOSED_INTERNAL), 0);
}
END_TEST

START_TEST(who_does_not_answer_is_cut_off)
{
	goodbye(CLOSE_SHUTDOWN, true);
	client_expect(&r, FRAME("\x88\x0a\x03\xf4"
				"shutdown"));
	client_pass(&r, 4800);
	ck_assert_int_eq(client_state(&r), CONN_CLOSING);
	client_pass(&r, 5400); /* it has taken the frame, and then nothing */
	ck_assert_int_eq(client_state(&r), CONN_DEAD);
}
END_TEST

START_TEST(the_goodbye_goes_behind_what_is_queued)
{
	fill();
	fill(); /* of the first some is out, this one is not begun */
	goodbye(CLOSE_GAP, true);
	client_send_frame(&r, CLOSE, "\x03\xf4");
	ck_assert_int_eq(client_state(&r), CONN_CLOSING); /* much is to go */
	read_all();
	ck_assert_int_eq(client_state(&r), CONN_LINGER);
	ck_assert_uint_gt(counted(METRIC_WRITTEN_BYTES), 2 * BIG);
}
END_TEST

START_TEST(or_instead_of_it)
{
	fill();
	fill();
	goodbye(CLOSE_SLOW, false);
	ck_assert_uint_eq(fake_waiting(r.c), 1);
	read_all();
	ck_assert_uint_lt(counted(METRIC_WRITTEN_BYTES), BIG + 1000);
}
END_TEST

START_TEST(a_slow_reader_of_the_goodbye_has_half_a_minute)
{
	fill();
	goodbye(CLOSE_SHUTDOWN, true);
	for (int ms = 0; ms < 28000; ms += 4000) {
		read_some();
		client_pass(&r, 4000);
		ck_assert_int_eq(client_state(&r), CONN_CLOSING);
	}
	for (int ms = 28000; ms < 36000 && r.c; ms += 1000) {
		read_some();
		client_pass(&r, 1000);
	}
	ck_assert_int_eq(client_state(&r), CONN_DEAD);
}
END_TEST

START_TEST(who_does_not_even_read_it_is_cut_off_sooner)
{
	goodbye(CLOSE_SHUTDOWN, true);
	client_pass(&r, 4800);
	ck_assert_int_eq(client_state(&r), CONN_CLOSING);
	client_pass(&r, 400); /* the frame in the socket is no sign of life */
	ck_assert_int_eq(client_state(&r), CONN_DEAD);
}
END_TEST

START_TEST(who_reads_nothing_of_it_has_five_seconds)
{
	fill();
	goodbye(CLOSE_SHUTDOWN, true);
	client_pass(&r, 4800);
	ck_assert_int_eq(client_state(&r), CONN_CLOSING);
	client_pass(&r, 400);
	ck_assert_int_eq(client_state(&r), CONN_DEAD);
}
END_TEST

UNIT_MAIN_WITH(setup, teardown, "net/session",
    the_answer_comes_first_then_the_welcome,
    the_first_ping_comes_anywhere_in_the_interval, who_answers_pings_stays,
    who_does_not_is_cut_off_after_the_timeout,
    a_timeout_may_be_longer_than_the_interval, anything_counts_as_a_pong,
    a_pong_that_lies_unread_counts, who_talks_but_takes_nothing_is_cut_off,
    who_reads_slowly_stays, a_socket_that_is_empty_by_now_is_not_stuck,
    credentials_end, a_ping_is_answered_with_its_payload,
    frames_over_the_rate_end_it, pings_of_who_reads_no_pongs_end_it,
    a_message_must_be_whole_in_time, a_message_that_is_whole_in_time_is_fine,
    a_close_frame_is_answered_with_the_same,
    a_close_frame_without_a_code_is_answered_with_none,
    a_mistake_is_told_its_code, a_message_over_the_limit_is_a_mistake,
    who_leaves_without_a_word_is_gone, our_close_frame_waits_for_its_answer,
    the_app_chooses_code_and_reason, a_second_reason_to_close_ends_it_at_once,
    who_does_not_answer_is_cut_off, who_does_not_even_read_it_is_cut_off_sooner,
    the_goodbye_goes_behind_what_is_queued, or_instead_of_it,
    a_slow_reader_of_the_goodbye_has_half_a_minute,
    who_reads_nothing_of_it_has_five_seconds)
