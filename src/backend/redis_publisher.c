/* redis_publisher: see redis_publisher.h. */
#include "backend/redis_publisher.h"

#include <stdbool.h>
#include <stdlib.h>

#include "backend/redis_find.h"
#include "backend/redis_link.h"
#include "backend/redis_places.h"
#include "base/list.h"
#include "base/mem.h"
#include "core/backend.h"
#include "proto/resp_items.h"

enum { STRING_MAX = 64 << 10 }; /* of an answer */

struct redis_publisher {
	struct redis_link *link; /* owned */
	const char *stream;      /* NULL: with PUBLISH */
	struct list waiting;     /* the first is sent, if one is */
	bool is_sent;
	bool counts_all; /* not in a cluster: a node counts its own */
};

static struct backend_publication *first(struct redis_publisher *p)
{
	return container_of(p->waiting.next, struct backend_publication, link);
}

static void tell_first(struct redis_publisher *p, struct backend_told told)
{
	struct backend_publication *out = first(p);

	p->is_sent = false;
	list_del(&out->link);
	out->on_told(out, &told);
}

static void fail_all(
    struct redis_publisher *p, const char *error, const char *remedy)
{
	redis_link_close(p->link);
	while (!list_is_empty(&p->waiting))
		tell_first(
		    p, (struct backend_told){
			   .error = error, .remedy = remedy, .receivers = -1 });
}

static int send_first(struct redis_publisher *p)
{
	const struct backend_publication *out = first(p);
	const struct slice publish[] = { slice_str("PUBLISH"), out->channel,
		out->payload };
	const struct slice xadd[] = { slice_str("XADD"), slice_str(p->stream),
		slice_str("*"), out->channel, out->payload };

	return p->stream ? redis_link_send(p->link, xadd, 5)
			 : redis_link_send(p->link, publish, 3);
}

static void send_next(struct redis_publisher *p)
{
	if (list_is_empty(&p->waiting)) {
		redis_link_close(p->link);
		return;
	}
	p->is_sent = true;
	if (send_first(p) < 0)
		fail_all(p, "out of memory", NULL);
}

static void on_ready(void *arg)
{
	send_next(arg);
}

/* The text of an error lives until the reader goes on. */
static void on_part(void *arg, const struct resp_part *part)
{
	struct redis_publisher *p = arg;
	struct err words;

	if (!p->is_sent) {
		fail_all(p, "Redis answers what nobody asked", NULL);
		return;
	}
	if (part->type == RESP_ERROR) {
		(void)err_set(&words, 0, "Redis refuses %s: %.*s",
		    p->stream ? "XADD" : "PUBLISH", (int)part->text.len,
		    part->text.ptr);
		tell_first(p,
		    (struct backend_told){ .error = words.text,
			.remedy = "see docs/redis.md for the permissions that "
				  "publishing needs",
			.receivers = -1 });
	} else {
		tell_first(p,
		    (struct backend_told){
			.receivers = part->type == RESP_INTEGER && p->counts_all
					 ? part->number
					 : -1 });
	}
	send_next(p);
}

static void on_read_end(void *arg)
{
	(void)arg; /* it brings no payloads */
}

static void on_lost(void *arg, const struct redis_failure *why)
{
	fail_all(arg, why->reason,
	    why->remedy ? why->remedy : "see the gateway's log");
}

static const struct redis_link_sink sink = {
	.on_ready = on_ready,
	.on_part = on_part,
	.on_read_end = on_read_end,
	.on_lost = on_lost,
};

struct redis_publisher *redis_publisher_new(
    struct event_base *base, struct redis_places *places, const char *stream)
{
	struct redis_find *find = redis_places_find(
	    places, stream ? REDIS_PLACE_STREAM : REDIS_PLACE_CHANNELS);
	const struct redis_link_options options = {
		.find = find,
		.role = redis_places_rule(places),
		.database = stream ? redis_find_database(find) : 0,
		.max_string = STRING_MAX,
	};
	struct redis_publisher *p = xcalloc(1, sizeof *p);

	list_init(&p->waiting);
	p->stream = stream;
	p->counts_all = !redis_places_are_many(places);
	p->link = redis_link_new(base, &options, &sink, p);
	return p;
}

void redis_publisher_free(struct redis_publisher *p)
{
	if (!p)
		return;
	redis_link_free(p->link);
	free(p);
}

void redis_publisher_publish(
    struct redis_publisher *p, struct backend_publication *out)
{
	list_add(&p->waiting, &out->link);
	if (redis_link_is_closed(p->link))
		redis_link_open(p->link);
	else if (redis_link_is_ready(p->link) && !p->is_sent)
		send_next(p);
}

/* The reply to one that was sent would be taken for that of the next. */
void redis_publisher_forget(
    struct redis_publisher *p, struct backend_publication *out)
{
	bool is_under_way = p->is_sent && out == first(p);

	list_del(&out->link);
	if (!is_under_way && !list_is_empty(&p->waiting))
		return;
	p->is_sent = false;
	redis_link_close(p->link);
	if (!list_is_empty(&p->waiting))
		redis_link_open(p->link);
}
