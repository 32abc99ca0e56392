/*
 * keeperrig: a keeper with its router, a backend that remembers and a worker
 * that takes nothing. What it is sent is read from its mailbox.
 */
#ifndef TESTS_UNIT_CORE_KEEPERRIG_H
#define TESTS_UNIT_CORE_KEEPERRIG_H

#include "base/buf.h"
#include "base/clock.h"
#include "core/backend.h"
#include "core/keeper.h"
#include "core/outbox.h"
#include "core/resume.h"
#include "core/router.h"
#include "core/watches.h"
#include "fakeworker.h"

enum { HEARTBEAT_MS = 1000 };

struct backend {
	unsigned asked;
};

static inline void ask_barrier(struct backend *b)
{
	b->asked++;
}

static const struct backend_ops names_places = {
	.names_places = true,
	.ask_barrier = ask_barrier,
};

static struct rig {
	struct fakeworker fake;
	struct outbox outbox;
	struct metrics metrics;
	struct watches watches;
	struct keeper keeper;
	struct router router;
	struct conf_route route;
	struct backend backend;
	struct buf told;
} rig; /* large, and aligned as its metrics are */

/* --- the rig --- */

static inline void open_keeper(const struct backend_ops *ops)
{
	keeper_init(&rig.keeper, &rig.fake.conf, &rig.outbox, &rig.metrics);
	router_init(&rig.router, &rig.fake.conf, &rig.fake.shared, &rig.watches,
	    &rig.outbox, &rig.keeper, &rig.metrics);
	keeper_open(&rig.keeper, ops, &rig.backend);
}

static inline void rig_setup(void)
{
	static char prefix[] = "room:", send[] = "send", control[] = "control",
		    none[] = "";
	struct conf *conf = &rig.fake.conf;

	memset(&rig, 0, sizeof rig);
	fake_init(&rig.fake, false);
	rig.route.has_websocket = true;
	rig.route.resume_ms = 1000000;
	conf->routes.items = &rig.route;
	conf->routes.count = 1;
	conf->limits.payload = 1 << 16;
	conf->channels.room_prefix = prefix;
	conf->channels.send = send;
	conf->channels.broadcast = none;
	conf->channels.control = control;
	conf->history.is_on = true;
	conf->history.memory = 1 << 20;
	conf->history.max_age_ms = 1000000;
	conf->redis.heartbeat_ms = HEARTBEAT_MS;
	outbox_init(&rig.outbox, &rig.fake.worker, 1);
	watches_init(&rig.watches, &rig.outbox, &rig.metrics, false);
}

static inline struct conn *connect_client(void)
{
	struct conn *c = fake_connect(&rig.fake, CONN_OPEN);

	c->form = MESSAGE_AS_TEXT_WITH_ID;
	fake_join(&rig.fake, c, "a");
	return c;
}

static inline void ask_with(struct conn *c, const char *cursor)
{
	struct resume *r = resume_new(c);

	ck_assert_ptr_nonnull(r);
	resume_set_cursor(r, slice_str(cursor));
	r->max_age_ms = INT64_MAX;
	keeper_take(&rig.keeper, r);
}

static inline void come(const char *cursor)
{
	ask_with(connect_client(), cursor);
}

static inline void hear(const struct backend_message *m)
{
	(void)router_take(&rig.router, m);
}

static inline void publish(const char *content)
{
	const struct backend_message m = { .channel = slice_str("room:a"),
		.payload = slice_str(content) };

	hear(&m);
}

static inline void mark(const char *id)
{
	keeper_mark(&rig.keeper, slice_str(id));
}

/* The frame without its head, ; for its LF. */
static inline void tell(const char *whom, const struct message *m)
{
	struct slice text =
	    slice_after(message_frame(m, MESSAGE_AS_TEXT_WITH_ID), 2);
	struct slice nowhere = slice_str(rig.keeper.parking.nowhere);
	struct slice line;

	ck_assert_uint_lt(text.len, 126);
	buf_puts(&rig.told, whom);
	if (slice_starts_with(text, nowhere)) {
		buf_puts(&rig.told, "nowhere");
		text = slice_after(text, nowhere.len);
	}
	line = slice_cut(&text, '\n');
	buf_printf(&rig.told, "%.*s;%.*s ", (int)line.len, line.ptr,
	    (int)text.len, text.ptr);
}

static inline void tell_page(struct resume *r)
{
	buf_puts(&rig.told, r->is_live ? "[" : "(");
	for (uint32_t i = 0; i < r->page_count; i++)
		tell("", r->page[i]);
	buf_puts(&rig.told, r->is_live ? "] " : ") ");
}

/*
 * What the worker has been sent, in order, since the last time: a message is
 * ID;CONTENT, a note ID WORD; and a page stands in [] when it is the last.
 */
static inline const char *told(void)
{
	const struct mail *mail;
	size_t count;

	rig.told.len = 0;
	(void)keeper_turn(&rig.keeper);
	outbox_post(&rig.outbox);
	mail = mailbox_take(rig.fake.worker->mailbox, &count);
	for (size_t i = 0; i < count; i++) {
		if (mail[i].kind == MAIL_REPLAY)
			tell_page(mail[i].item);
		else if (mail[i].kind == MAIL_NOTE)
			tell("all: ", mail[i].item);
		else if (mail[i].kind == MAIL_MESSAGE)
			tell("", mail[i].item);
		mail_drop(&mail[i]);
	}
	buf_putn(&rig.told, "", 1);
	return rig.told.data;
}

static inline void rig_teardown(void)
{
	(void)told(); /* what nobody has looked at */
	router_fini(&rig.router);
	keeper_fini(&rig.keeper);
	interests_fini(&rig.watches.interests);
	outbox_fini(&rig.outbox);
	fake_fini(&rig.fake);
	buf_fini(&rig.told);
}

static inline uint64_t counted(enum metric id)
{
	return atomic_load(&rig.metrics.values[id]);
}

#endif
