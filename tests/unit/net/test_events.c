/* events: a session as an event stream, from its request to its end. */
#include <stdio.h>

#include "../proto/sse_reader.h"
#include "clientrig.h"

enum {
	INTERVAL_MS = 30000,
	TIMEOUT_MS = 10000,
	RATE = 20,
	KIB = 1024,
	BIG = 1 << 20, /* more than the socket takes */
	LATE_MS = 24 * 60 * 60 * 1000,
};

#define HEAD(target)                  \
	"GET " target " HTTP/1.1\r\n" \
	"Host: example.com\r\n"       \
	"Accept: text/event-stream\r\n"

static const char answer[] = "HTTP/1.1 200 OK\r\n"
			     "Content-Type: text/event-stream\r\n"
			     "Cache-Control: no-store, no-transform\r\n"
			     "X-Accel-Buffering: no\r\n"
			     "Connection: close\r\n"
			     "\r\n";

static const char yaml[] =
    "listen: [{address: '127.0.0.1:0'}]\n"
    "routes: [{path: /ws, rooms: [a], transports: [sse]},"
    " {path: /site, rooms: [a], transports: [sse],"
    " origins: ['https://a.example']}]\n"
    "limits: {inbound_rate: 20}\n"
    "keepalive: {ping_interval: 30s, pong_timeout: 10s}";

static struct clientrig r;

static void hear_all(void)
{
	while (client_hear(&r))
		;
}

static void forget(void)
{
	hear_all();
	r.heard_len = 0;
}

static void enter(void)
{
	client_connect(&r);
	client_send(&r, HEAD("/ws") "\r\n");
	ck_assert_int_eq(client_state(&r), CONN_OPEN);
}

static void setup(void)
{
	client_init(&r, yaml, false);
	enter();
}

static void teardown(void)
{
	client_fini(&r);
}

static uint64_t counted(enum metric id)
{
	return client_metric(&r, id);
}

static void expect(const char *text)
{
	client_expect(&r, slice_str(text));
}

/* What has come begins with this; it is taken off. */
static void expect_begin(struct slice bytes)
{
	hear_all();
	ck_assert(slice_starts_with(slice_of(r.heard, r.heard_len), bytes));
	r.heard_len -= bytes.len;
	memmove(r.heard, r.heard + bytes.len, r.heard_len);
}

static void expect_text(const char *text)
{
	expect_begin(slice_str(text));
}

/* --- start --- */

START_TEST(the_answer_says_when_to_come_back)
{
	char *end;
	long ms;

	expect_text(answer);
	expect_text("retry: ");
	ms = strtol(r.heard, &end, 10);
	ck_assert_int_ge(ms, 2000);
	ck_assert_int_lt(ms, 3000);
	expect_begin(slice_of(r.heard, (size_t)(end - r.heard)));
	expect("\n:\n\n");
	ck_assert_uint_eq(counted(METRIC_EVENT_STREAMS), 1);
	ck_assert_uint_eq(counted(METRIC_CONNECTIONS), 1);
	ck_assert_uint_eq(counted(METRIC_EVENT_STREAMS_BEGUN), 1);
	ck_assert_uint_eq(counted(METRIC_UPGRADED), 0);
}
END_TEST

/* A head that comes drop by drop is the same. */
START_TEST(a_request_may_come_in_pieces)
{
	static const char head[] = HEAD("/ws") "\r\n";

	(void)close(r.fd);
	client_connect(&r);
	for (const char *p = head; *p; p++) {
		ck_assert_int_eq(client_state(&r), CONN_HANDSHAKE);
		client_write(&r, p, 1);
		client_wake(&r);
	}
	ck_assert_int_eq(client_state(&r), CONN_OPEN);
	expect_text(answer);
}
END_TEST

/* --- who is put off --- */

static void ask(const char *request)
{
	(void)close(r.fd);
	client_connect(&r);
	client_send(&r, request);
}

START_TEST(who_comes_too_late_is_put_off)
{
	static const char cors[] =
	    "Access-Control-Allow-Origin: https://a.example\r\n"
	    "Access-Control-Allow-Credentials: true\r\n"
	    "Vary: Origin\r\n";

	atomic_store(&r.fake.shared.is_draining, true);
	ask(HEAD("/site") "Origin: https://a.example\r\n\r\n");
	expect_begin(slice_of(answer, sizeof answer - 3));
	expect_text(cors);
	expect("\r\nretry: 30000\n: the gateway is shutting down\n\n");
	client_expect_end(&r);
	ck_assert_uint_eq(counted(METRIC_REFUSED_DRAINING), 1);
}
END_TEST

START_TEST(what_is_final_stays_so)
{
	ask(HEAD("/site") "Origin: https://b.example\r\n\r\n");
	expect_text("HTTP/1.1 403 Forbidden\r\n");
	ask(HEAD("/nowhere") "\r\n");
	expect_text("HTTP/1.1 404 Not Found\r\n");
}
END_TEST

/* --- keepalive --- */

static int64_t wait_for_comment(void)
{
	uint64_t before = counted(METRIC_PINGS);
	int64_t ms = 0;

	while (counted(METRIC_PINGS) == before && ms < 2 * INTERVAL_MS) {
		client_pass(&r, 100);
		ms += 100;
	}
	return ms;
}

/* The socket of a test knows no acknowledgement: its peer does not vanish. */
START_TEST(who_says_nothing_stays)
{
	forget();
	(void)wait_for_comment();
	expect(":\n\n");
	for (int i = 0; i < 5; i++) {
		int64_t ms = wait_for_comment();

		ck_assert_int_ge(ms, INTERVAL_MS - INTERVAL_MS / 5 - 100);
		ck_assert_int_le(ms, INTERVAL_MS + 100);
		expect(":\n\n");
	}
	ck_assert_int_eq(client_state(&r), CONN_OPEN);
}
END_TEST

/* Publish so much that some of it waits. */
static void fill(void)
{
	static const char content[BIG] = "";
	const struct aim everyone = { .is_everyone = true };
	const struct message_parts parts = {
		.content = slice_of(content, BIG),
		.kind = CONTENT_TEXT,
		.kinds = 1u << MESSAGE_AS_EVENT,
	};
	struct message *m = message_new(&parts, &everyone, 1);

	ck_assert_ptr_nonnull(m);
	fake_mail(&r.fake, MAIL_MESSAGE, m, m->bytes);
	client_end_turn(&r);
	ck_assert(r.c->is_blocked);
}

START_TEST(who_takes_nothing_is_cut_off)
{
	fill();
	client_pass(&r, INTERVAL_MS + TIMEOUT_MS + 200);
	ck_assert_int_eq(client_state(&r), CONN_DEAD);
	ck_assert_uint_eq(counted(METRIC_CLOSED_PONG_TIMEOUT), 1);
	ck_assert_uint_eq(counted(METRIC_EVENT_STREAMS), 0);
}
END_TEST

/* Read on until nothing waits; all that has come. */
static struct buf read_all(void)
{
	struct buf all = { 0 };

	while (client_hear(&r)) {
		buf_putn(&all, r.heard, r.heard_len);
		r.heard_len = 0;
		if (r.c) {
			poller_unblock(r.c);
			client_end_turn(&r);
		}
	}
	return all;
}

START_TEST(no_comment_stands_within_an_event)
{
	struct sse_reader reader;
	struct buf all;

	forget();
	r.conf->keepalive.pong_timeout_ms = 10 * INTERVAL_MS;
	fill();
	(void)wait_for_comment();
	all = read_all();
	sse_reader_init(&reader, buf_slice(&all));
	ck_assert(sse_reader_next(&reader));
	ck_assert_uint_eq(reader.event.data.len, BIG);
	ck_assert(!sse_reader_next(&reader));
	ck_assert_mem_eq(all.data + all.len - 3, ":\n\n", 3);
	sse_reader_fini(&reader);
	buf_fini(&all);
}
END_TEST

/* --- what the client sends --- */

START_TEST(what_it_sends_is_ignored_and_never_decoded)
{
	static const unsigned char part[] = { 0x01, 0x85, 0, 0, 0, 0, 'x' };

	forget();
	client_write(&r, part, sizeof part);
	client_wake(&r);
	client_send(&r, HEAD("/ws") "\r\n");
	client_expect(&r, slice_of("", 0));
	ck_assert_ptr_null(r.c->decoder);
	ck_assert_int_eq(client_state(&r), CONN_OPEN);
}
END_TEST

START_TEST(each_kib_counts)
{
	char bytes[KIB] = "";

	forget();
	for (int i = 0; i < RATE; i++) {
		client_write(&r, bytes, sizeof bytes);
		client_wake(&r);
	}
	ck_assert_int_eq(client_state(&r), CONN_OPEN);
	client_write(&r, bytes, 1);
	client_wake(&r);
	ck_assert_int_eq(client_state(&r), CONN_LINGER);
	ck_assert_uint_eq(counted(METRIC_CLOSED_RATE), 1);
	expect("retry: 86400000\nevent: roomcast.close\ndata: 1008\n\n");
	client_expect_end(&r);
}
END_TEST

START_TEST(who_closes_has_said_goodbye)
{
	ck_assert_int_eq(shutdown(r.fd, SHUT_WR), 0);
	client_wake(&r);
	ck_assert_int_eq(client_state(&r), CONN_DEAD);
	ck_assert_uint_eq(counted(METRIC_CLOSED_PEER_1005), 1);
	ck_assert_uint_eq(counted(METRIC_CLOSED_PEER_GONE), 0);
	ck_assert_uint_eq(counted(METRIC_EVENT_STREAMS), 0);
}
END_TEST

/* --- the end --- */

/* There is no answer to wait for. */
START_TEST(the_last_event_is_followed_by_the_end)
{
	forget();
	r.fake.shared.ops->close(r.c, CLOSE_SHUTDOWN, true);
	client_end_turn(&r);
	ck_assert_int_eq(client_state(&r), CONN_LINGER);
	expect("event: roomcast.close\ndata: 1012\n\n");
	client_expect_end(&r);
	ck_assert_uint_eq(counted(METRIC_CLOSED_SHUTDOWN), 1);
	ck_assert_int_eq(shutdown(r.fd, SHUT_WR), 0);
	client_wake(&r);
	ck_assert_int_eq(client_state(&r), CONN_DEAD);
}
END_TEST

START_TEST(the_last_event_stands_behind_what_waits)
{
	struct sse_reader reader;
	struct buf all;

	forget();
	fill();
	r.fake.shared.ops->disconnect(r.c, 4001, slice_str("enough"));
	ck_assert_int_eq(client_state(&r), CONN_CLOSING);
	all = read_all();
	sse_reader_init(&reader, buf_slice(&all));
	ck_assert(sse_reader_next(&reader));
	ck_assert_uint_eq(reader.event.data.len, BIG);
	ck_assert(sse_reader_next(&reader));
	ck_assert_str_eq(reader.event.type, "roomcast.close");
	ck_assert(slice_eq(buf_slice(&reader.event.data), slice_str("4001")));
	ck_assert_int_eq(reader.retry_ms, LATE_MS);
	ck_assert(r.is_over);
	sse_reader_fini(&reader);
	buf_fini(&all);
}
END_TEST

START_TEST(only_what_is_final_is_for_long)
{
	static const struct {
		enum close_reason reason;
		const char *text;
	} rows[] = {
		{ CLOSE_EXPIRED,
		    "retry: 86400000\nevent: roomcast.close\ndata: 1008\n\n" },
		{ CLOSE_INTERNAL, "event: roomcast.close\ndata: 1011\n\n" },
		{ CLOSE_GAP, "event: roomcast.close\ndata: 1012\n\n" },
		{ CLOSE_SLOW, "event: roomcast.close\ndata: 1013\n\n" },
		{ CLOSE_MEMORY, "event: roomcast.close\ndata: 1013\n\n" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		(void)close(r.fd);
		enter();
		forget();
		r.fake.shared.ops->close(r.c, rows[i].reason, false);
		client_end_turn(&r);
		expect(rows[i].text);
	}
}
END_TEST

UNIT_MAIN_WITH(setup, teardown, "net/events", the_answer_says_when_to_come_back,
    a_request_may_come_in_pieces, who_comes_too_late_is_put_off,
    what_is_final_stays_so, who_says_nothing_stays,
    who_takes_nothing_is_cut_off, no_comment_stands_within_an_event,
    what_it_sends_is_ignored_and_never_decoded, each_kib_counts,
    who_closes_has_said_goodbye, the_last_event_is_followed_by_the_end,
    the_last_event_stands_behind_what_waits, only_what_is_final_is_for_long)
