/* embedded_listen, embedded_events: what is asked of events, and answered. */
#include <stdio.h>
#include <stdlib.h>

#include "embedded_desk.h"

#define EMBEDDED "this is roomcast's embedded backend, "

static void post(struct desk *d, const char *json)
{
	embedded_events_post(&d->events, app_event_new(slice_str(json)));
}

/* What was told since the last call. */
static const char *told(struct desk *d)
{
	static char text[4096];

	ck_assert_uint_lt(d->told.len, sizeof text);
	if (d->told.len > 0)
		memcpy(text, d->told.data, d->told.len);
	text[d->told.len] = '\0';
	buf_fini(&d->told);
	return text;
}

/* The answer that whoever waits gets now. */
static const char *answer(struct desk *d)
{
	struct resp_writer w = { .out = &d->told,
		.is_resp3 = d->session.is_resp3 };

	embedded_events_put(&d->events, &d->session.listener, &w);
	return told(d);
}

static struct desk *on_a_channel(void)
{
	struct desk *d = set_up(NULL);

	d->conf.events.channel = d->conf.events.stream;
	d->conf.events.stream = NULL;
	return d;
}

static void end(struct desk *d)
{
	embedded_session_fini(&d->session);
	embedded_events_fini(&d->events);
}

START_TEST(test_who_is_subscribed_is_told_each_event)
{
	struct desk *d = on_a_channel();

	post(d, "{0}");
	CONVERSE(d,
	    { "SUBSCRIBE t:events",
		"*3\r\n$9\r\nsubscribe\r\n$8\r\nt:events\r\n:1\r\n" },
	    { "PING", "*2\r\n$4\r\npong\r\n$0\r\n\r\n" },
	    { "PING x", "*2\r\n$4\r\npong\r\n$1\r\nx\r\n" },
	    { "PUBLISH t:send x",
		"-ERR only SUBSCRIBE, UNSUBSCRIBE, PING, RESET and QUIT are "
		"allowed while subscribed\r\n" });
	ck_assert_str_eq(told(d), "");
	post(d, "{1}");
	ck_assert_str_eq(
	    told(d), "*3\r\n$7\r\nmessage\r\n$8\r\nt:events\r\n$3\r\n{1}\r\n");
	CONVERSE(d,
	    { "UNSUBSCRIBE",
		"*3\r\n$11\r\nunsubscribe\r\n$8\r\nt:events\r\n:0\r\n" },
	    { "UNSUBSCRIBE", "*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:0\r\n" },
	    { "PING", "+PONG\r\n" });
	post(d, "{2}");
	ck_assert_str_eq(told(d), "");
	end(d);
}
END_TEST

START_TEST(test_with_resp3_they_are_pushed)
{
	struct desk *d = on_a_channel();

	(void)ask(d, "HELLO 3");
	CONVERSE(d,
	    { "SUBSCRIBE t:events",
		">3\r\n$9\r\nsubscribe\r\n$8\r\nt:events\r\n:1\r\n" },
	    { "PING", "+PONG\r\n" });
	post(d, "{1}");
	ck_assert_str_eq(
	    told(d), ">3\r\n$7\r\nmessage\r\n$8\r\nt:events\r\n$3\r\n{1}\r\n");
	CONVERSE(d, { "RESET", "+RESET\r\n" });
	post(d, "{2}");
	ck_assert_str_eq(told(d), "");
	end(d);
}
END_TEST

START_TEST(test_there_is_one_channel_or_one_stream)
{
	struct desk *d = on_a_channel();
	static const char other[] =
	    "-ERR SUBSCRIBE: " EMBEDDED
	    "there is events.channel to subscribe to, where it is configured, "
	    "and nothing else\r\n";
	static const char none[] =
	    "-ERR XREAD: " EMBEDDED "there is events.stream to read, where it "
	    "is configured, and nothing else\r\n";

	CONVERSE(d, { "SUBSCRIBE t:room:a", other },
	    { "SUBSCRIBE t:events t:room:a", other },
	    { "XREAD STREAMS t:events 0", none });
	ck_assert_int_eq(d->session.listener.state, EMBEDDED_DEAF);
	d = set_up(NULL);
	CONVERSE(d, { "SUBSCRIBE t:events", other },
	    { "XREAD STREAMS other 0", none },
	    { "XREAD COUNT x STREAMS t:events 0",
		"-ERR XREAD: syntax error, or no number\r\n" },
	    { "XREAD BLOCK 5 COUNT 1",
		"-ERR XREAD: syntax error, or no number\r\n" },
	    { "XREAD STREAMS t:events", "-ERR wrong number of arguments for "
					"'xread' command\r\n" },
	    { "XREAD STREAMS a b 0 0",
		"-ERR XREAD: " EMBEDDED "it takes one key and one id\r\n" },
	    { "XREAD STREAMS t:events 1-x",
		"-ERR XREAD: the id must be MS-SEQ or $\r\n" });
	ck_assert_int_eq(d->session.listener.state, EMBEDDED_DEAF);
	CONVERSE(d, { "MULTI", "+OK\r\n" },
	    { "XREAD STREAMS t:events 0",
		"-ERR not allowed in a transaction of "
		"roomcast's embedded backend\r\n" });
	end(d);
}
END_TEST

/* The entry that was added last, with this JSON, as an answer has it. */
static const char *entry(const struct desk *d, const char *json)
{
	static char text[256];
	char id[PLACE_MAX + 1];
	struct slice s = place_print_entry(&d->events.ids.last, id);

	(void)snprintf(text, sizeof text,
	    "*2\r\n$%zu\r\n%s\r\n*2\r\n$5\r\nevent\r\n$%zu\r\n%s\r\n", s.len,
	    id, strlen(json), json);
	return text;
}

static const char *of_stream(const char *rest)
{
	static char text[1024];

	(void)snprintf(
	    text, sizeof text, "*1\r\n*2\r\n$8\r\nt:events\r\n%s", rest);
	return text;
}

START_TEST(test_xread_has_what_is_kept_and_waits_for_more)
{
	struct desk *d = set_up(NULL);
	char first[512], id[PLACE_MAX + 1], line[128];

	CONVERSE(d, { "XREAD STREAMS t:events 0", "*-1\r\n" });
	post(d, "{1}");
	(void)snprintf(first, sizeof first, "*1\r\n%s", entry(d, "{1}"));
	ck_assert_str_eq(
	    ask(d, "XREAD BLOCK 0 STREAMS t:events 0"), of_stream(first));
	CONVERSE(d, { "XREAD STREAMS t:events $", "*-1\r\n" },
	    { "XREAD COUNT 1 BLOCK 1000 STREAMS t:events $", "" });
	ck_assert_int_eq(d->session.listener.state, EMBEDDED_WAITING);
	ck_assert_str_eq(answer(d), "*-1\r\n");
	ck_assert_int_eq(d->session.listener.state, EMBEDDED_READING);
	(void)place_print_entry(&d->events.ids.last, id);
	(void)snprintf(
	    line, sizeof line, "XREAD BLOCK 0 STREAMS t:events %s", id);
	ck_assert_str_eq(ask(d, line), "");
	post(d, "{2}");
	ck_assert_str_eq(told(d), "<");
	(void)snprintf(first, sizeof first, "*1\r\n%s", entry(d, "{2}"));
	ck_assert_str_eq(answer(d), of_stream(first));
	end(d);
}
END_TEST

START_TEST(test_the_oldest_go_first)
{
	struct desk *d = set_up(NULL);
	char json[16];

	for (int i = 1; i <= 9; i++) {
		(void)snprintf(json, sizeof json, "{%d}", i);
		post(d, json);
	}
	ck_assert_uint_eq(d->events.count, 3);
	ck_assert_ptr_nonnull(strstr(
	    ask(d, "XREAD STREAMS t:events 0-0"), "$8\r\nt:events\r\n*3\r\n"));
	ck_assert_ptr_nonnull(
	    strstr(ask(d, "XREAD COUNT 2 STREAMS t:events 0"), "{8}"));
	ck_assert_ptr_null(
	    strstr(ask(d, "XREAD COUNT 2 STREAMS t:events 0"), "{9}"));
	(void)ask(d, "HELLO 3");
	ck_assert_ptr_nonnull(strstr(ask(d, "XREAD STREAMS t:events 0"),
	    "%1\r\n$8\r\nt:events\r\n*3\r\n"));
	CONVERSE(d, { "XREAD STREAMS t:events $", "_\r\n" });
	end(d);
}
END_TEST

UNIT_MAIN("backend/embedded_listen", test_who_is_subscribed_is_told_each_event,
    test_with_resp3_they_are_pushed, test_there_is_one_channel_or_one_stream,
    test_xread_has_what_is_kept_and_waits_for_more, test_the_oldest_go_first)
