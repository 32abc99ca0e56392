/*
 * publication: from a payload to what is known of it. The backend only
 * remembers what it was asked, and says what a test has it say.
 */
#include <stdio.h>

#include <event2/event.h>

#include "core/publication.h"
#include "core/watches.h"
#include "unit.h"

struct backend {
	struct backend_publication *asked; /* the last one */
};

static struct backend backend;
static struct watches watches;
static struct event_base *base;
static struct list publications;
static unsigned done;

static void ask(struct backend *b, struct backend_publication *p)
{
	b->asked = p;
}

static void forget(struct backend *b, struct backend_publication *p)
{
	ck_assert_ptr_eq(b->asked, p);
	b->asked = NULL;
}

static const struct backend_ops ops = { .publish = ask, .forget = forget };

static void setup(void)
{
	base = event_base_new();
	backend = (struct backend){ NULL };
	watches = (struct watches){ .ops = &ops, .backend = &backend };
	list_init(&publications);
	done = 0;
}

static void teardown(void)
{
	publications_end(&publications);
	event_base_free(base);
}

static void on_done(void *arg, const struct publication *p)
{
	(void)arg, (void)p;
	done++;
}

static struct publication *publish(const char *channel, const char *payload)
{
	return publication_open(base, &watches, &publications,
	    slice_str(channel), slice_str(payload), on_done, NULL);
}

static struct publication *find(const char *channel, const char *payload)
{
	const struct backend_message m = { .channel = slice_str(channel),
		.payload = slice_str(payload) };

	return publication_find(&publications, &m);
}

static void tell(int64_t receivers)
{
	const struct backend_told told = { .receivers = receivers };

	backend.asked->on_told(backend.asked, &told);
}

static void turn(void)
{
	ck_assert_int_ge(event_base_loop(base, EVLOOP_NONBLOCK), 0);
}

START_TEST(it_is_known_once_all_have_said)
{
	struct publication *p = publish("send", "x");

	ck_assert_ptr_eq(find("send", "x"), p);
	ck_assert_ptr_null(find("send", "y"));
	publication_expect(p, 2);
	publication_heard(p, "7-1");
	ck_assert_ptr_null(find("send", "x"));
	publication_reached(p, 3);
	tell(1);
	turn();
	ck_assert_uint_eq(done, 0);
	publication_reached(p, 4);
	ck_assert_uint_eq(p->reached, 7);
	turn();
	ck_assert_uint_eq(done, 1);
	ck_assert(list_is_empty(&publications));
}
END_TEST

/* The configuration that it was named in may be another one before it ends. */
START_TEST(its_channel_is_its_own)
{
	char channel[] = "send";
	struct publication *p = publish(channel, "x");

	memset(channel, '!', sizeof channel - 1);
	ck_assert_ptr_eq(find("send", "x"), p);
	ck_assert(slice_eq(backend.asked->channel, slice_str("send")));
}
END_TEST

START_TEST(so_many_are_under_way_and_no_more)
{
	struct publication *last = NULL;

	for (int i = 0; i < PUBLICATIONS_MAX; i++) {
		last = publish("send", "x");
		ck_assert_ptr_nonnull(last);
		publication_close(last); /* that nobody waits frees no place */
	}
	ck_assert_ptr_null(publish("send", "x"));
	ck_assert_ptr_eq(backend.asked, &last->out);
	publication_heard(last, "");
	tell(1);
	turn();
	ck_assert_ptr_nonnull(publish("send", "x"));
	ck_assert_uint_eq(done, 0);
}
END_TEST

UNIT_MAIN_WITH(setup, teardown, "core/publication",
    it_is_known_once_all_have_said, its_channel_is_its_own,
    so_many_are_under_way_and_no_more)
