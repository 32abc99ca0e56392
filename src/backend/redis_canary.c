/*
 * redis_canary: see the header.
 */
#include "backend/redis_canary.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "backend/redis_link.h"
#include "base/crypto.h"
#include "base/mem.h"
#include "proto/resp_items.h"

enum { SILENT_BEATS_MAX = 3 };

struct redis_canary {
	struct redis_link *link;                /* owned */
	const struct redis_canary_words *words; /* borrowed; NULL: a number */
	redis_canary_lost_fn fn;
	void *arg;
	uint64_t sent;
	unsigned ahead;        /* replies to PUBLISH before that to ROLE */
	unsigned awaited;      /* replies to PUBLISH */
	unsigned silent_beats; /* in a row, without one that came back */
	bool is_released;      /* what it waits for is subscribed */
	bool came_back;        /* since it was opened, or doubted */
	char own_channel[64];
	char number[24]; /* the last one sent */
};

static void fail(struct redis_canary *c, const struct redis_failure *why)
{
	redis_link_close(c->link);
	c->fn(c->arg, why);
}

static void fail_by(struct redis_canary *c, const char *reason)
{
	const struct redis_failure why = redis_failure_make(reason);

	fail(c, &why);
}

static struct slice next_number(struct redis_canary *c)
{
	(void)snprintf(c->number, sizeof c->number, "%" PRIu64, ++c->sent);
	return slice_str(c->number);
}

void redis_canary_send(struct redis_canary *c)
{
	struct slice command[3] = { slice_str("PUBLISH"),
		redis_canary_channel(c) };

	if (!c->is_released || !redis_link_is_ready(c->link))
		return;
	command[2] = c->words ? c->words->write(c->words->arg) : next_number(c);
	c->awaited++;
	if (redis_link_send(c->link, command, 3) < 0)
		fail_by(c, "out of memory");
}

void redis_canary_ask_role(struct redis_canary *c)
{
	if (!redis_link_is_ready(c->link) || redis_link_awaits_role(c->link))
		return;
	c->ahead = c->awaited;
	if (redis_link_ask_role(c->link) < 0)
		fail_by(c, "out of memory");
}

static void on_ready(void *arg)
{
	struct redis_canary *c = arg;

	c->awaited = 0;
	redis_canary_send(c);
}

/* To how many it was given does not matter: it is awaited at the other end. */
static void take_published(struct redis_canary *c, const struct resp_part *part)
{
	if (c->awaited > 0)
		c->awaited--;
	if (c->ahead > 0)
		c->ahead--;
	if (part->type == RESP_ERROR) {
		const struct redis_failure why = redis_failure_refused(
		    "PUBLISH", redis_canary_channel(c), part->text);

		fail(c, &why);
	} else if (part->type != RESP_INTEGER) {
		fail_by(c, "protocol error: not the reply to a PUBLISH");
	}
}

static void take_role(struct redis_canary *c, const struct resp_part *part)
{
	if (redis_link_take_role(c->link, part))
		c->ahead = c->awaited;
}

static void on_part(void *arg, const struct resp_part *part)
{
	struct redis_canary *c = arg;

	if (redis_link_awaits_role(c->link) && c->ahead == 0)
		take_role(c, part);
	else
		take_published(c, part);
}

static void on_read_end(void *arg)
{
	(void)arg; /* it brings no payloads */
}

static void on_lost(void *arg, const struct redis_failure *why)
{
	fail(arg, why);
}

static const struct redis_link_sink sink = {
	.on_ready = on_ready,
	.on_part = on_part,
	.on_read_end = on_read_end,
	.on_lost = on_lost,
};

struct redis_canary *redis_canary_new(struct event_base *base,
    const struct redis_link_options *options,
    const struct redis_canary_words *words, redis_canary_lost_fn fn, void *arg)
{
	struct redis_canary *c = xcalloc(1, sizeof *c);
	uint64_t id[2];

	c->words = words;
	crypto_random(id, sizeof id);
	(void)snprintf(c->own_channel, sizeof c->own_channel,
	    "roomcast:heartbeat:%016" PRIx64 "%016" PRIx64, id[0], id[1]);
	c->link = redis_link_new(base, options, &sink, c);
	c->fn = fn;
	c->arg = arg;
	return c;
}

void redis_canary_free(struct redis_canary *c)
{
	if (!c)
		return;
	redis_link_free(c->link);
	free(c);
}

struct slice redis_canary_channel(const struct redis_canary *c)
{
	return slice_str(c->words ? c->words->channel : c->own_channel);
}

void redis_canary_open(struct redis_canary *c)
{
	c->silent_beats = 0;
	c->is_released = false;
	c->came_back = false;
	redis_link_open(c->link);
}

void redis_canary_close(struct redis_canary *c)
{
	c->is_released = false;
	redis_link_close(c->link);
}

bool redis_canary_waits_for_all(const struct redis_canary *c)
{
	return c->words;
}

void redis_canary_release(struct redis_canary *c)
{
	if (c->is_released)
		return;
	c->is_released = true;
	redis_canary_send(c);
}

bool redis_canary_beat(struct redis_canary *c)
{
	if (++c->silent_beats >= SILENT_BEATS_MAX)
		return false;
	if (redis_link_is_closed(c->link))
		redis_link_open(c->link);
	redis_canary_send(c);
	return true;
}

void redis_canary_excuse(struct redis_canary *c)
{
	c->silent_beats = 0;
}

void redis_canary_doubt(struct redis_canary *c)
{
	c->came_back = false;
}

void redis_canary_resume(struct redis_canary *c)
{
	redis_canary_excuse(c);
	redis_canary_send(c);
}

bool redis_canary_hear(struct redis_canary *c, struct slice text)
{
	if (c->words && !c->words->hear(c->words->arg, text))
		return false;
	if (!c->is_released)
		return false; /* what came of it has closed the canary */
	c->silent_beats = 0;
	c->came_back = true;
	return true;
}

bool redis_canary_came_back(const struct redis_canary *c)
{
	return c->came_back;
}
