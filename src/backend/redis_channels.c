/*
 * redis_channels: what is to be done about the channels of a set
 * (backend/redis_channel_set), and what is under way (backend/redis_flights).
 */
#include "backend/redis_channels.h"

#include <errno.h>
#include <stdlib.h>

#include "backend/redis_channel_set.h"
#include "backend/redis_flights.h"
#include "base/mem.h"

struct redis_channels {
	struct redis_channel_set set;
	struct redis_flights flights;
	bool is_suspended;
};

struct redis_channels *redis_channels_new(void)
{
	struct redis_channels *all = xcalloc(1, sizeof *all);

	redis_channel_set_init(&all->set);
	return all;
}

void redis_channels_free(struct redis_channels *all)
{
	if (!all)
		return;
	redis_channel_set_fini(&all->set);
	free(all);
}

void redis_channels_want(
    struct redis_channels *all, struct slice name, enum redis_channel_kind kind)
{
	(void)redis_channel_set_want(&all->set, name, kind);
}

void redis_channels_unwant(
    struct redis_channels *all, struct slice name, enum redis_channel_kind kind)
{
	redis_channel_set_unwant(&all->set, name, kind);
}

void redis_channels_rename(
    struct redis_channels *all, struct slice from, struct slice to)
{
	redis_channel_set_rename(&all->set, from, to);
}

/* --- what to send --- */

/* The command about it that makes a subscription, or ends one. */
static enum redis_channels_step command_of(
    const struct redis_channel *c, bool is_subscribe)
{
	if (c->kind == REDIS_CHANNEL_SHARD)
		return is_subscribe ? REDIS_CHANNELS_SSUBSCRIBE
				    : REDIS_CHANNELS_SUNSUBSCRIBE;
	if (c->kind == REDIS_CHANNEL_PATTERN)
		return is_subscribe ? REDIS_CHANNELS_PSUBSCRIBE
				    : REDIS_CHANNELS_PUNSUBSCRIBE;
	return is_subscribe ? REDIS_CHANNELS_SUBSCRIBE
			    : REDIS_CHANNELS_UNSUBSCRIBE;
}

/* What is to be done about a dirty channel; false for nothing. */
static bool find_step(const struct redis_channels *all,
    const struct redis_channel *c, enum redis_channels_step *step)
{
	if (all->is_suspended) {
		*step = REDIS_CHANNELS_IN_FORCE;
		return c->is_wanted && !c->is_announced && !c->is_refused;
	}
	if (c->is_wanted != c->is_sent) {
		*step = command_of(c, c->is_wanted);
		return true;
	}
	*step = REDIS_CHANNELS_IN_FORCE;
	return c->is_wanted && c->in_flight == 0 && !c->is_announced;
}

/* Whether this channel can be in one command with those of the batch. */
static bool is_alike(
    const struct redis_channel *c, const struct redis_channels_batch *batch)
{
	if (batch->step == REDIS_CHANNELS_IN_FORCE)
		return true; /* which is none */
	return !c->is_alone && c->slot == batch->slot;
}

/* Whether this channel can join the batch. */
static bool has_place(const struct redis_channels *all,
    const struct redis_channel *c, const struct redis_channels_batch *batch,
    enum redis_channels_step step)
{
	if (step != REDIS_CHANNELS_IN_FORCE &&
	    redis_flights_is_full(&all->flights))
		return false;
	return batch->count == 0 ||
	       (batch->step == step && is_alike(c, batch) &&
		   batch->count < REDIS_CHANNELS_BATCH);
}

static void take(struct redis_channels *all, struct redis_channel *c,
    struct redis_channels_batch *batch)
{
	batch->names[batch->count++] = redis_channel_name(c);
	batch->slot = c->slot;
	if (batch->step == REDIS_CHANNELS_IN_FORCE) {
		redis_channel_set_settle(&all->set, c);
		c->is_announced = true;
		return;
	}
	c->is_sent = c->is_wanted;
	c->in_flight++;
	redis_flights_add(&all->flights,
	    (struct redis_flight){ c, c->is_sent, batch->count == 1 });
}

/*
 * Take the channel into the batch when there is something to do about it. False
 * when it cannot join this one, or nothing can any more.
 */
static bool visit(struct redis_channels *all, struct redis_channel *c,
    struct redis_channels_batch *batch)
{
	enum redis_channels_step step;

	if (!c->is_wanted && !c->is_sent && c->in_flight == 0) {
		/* A reset has done it. */
		redis_channel_set_forget(&all->set, c);
		return true;
	}
	if (find_step(all, c, &step)) {
		if (!has_place(all, c, batch, step))
			return false;
		batch->step = step;
		take(all, c, batch);
	}
	redis_channel_set_rest(&all->set, c);
	return batch->count == 0 || !c->is_alone;
}

bool redis_channels_next(
    struct redis_channels *all, struct redis_channels_batch *batch)
{
	batch->count = 0;
	for (int i = 0; i < REDIS_CHANNELS_VISITS; i++) {
		struct redis_channel *c = redis_channel_set_next(&all->set);

		if (!c || !visit(all, c, batch))
			break;
	}
	return batch->count > 0;
}

bool redis_channels_is_due(const struct redis_channels *all)
{
	return !redis_channel_set_is_idle(&all->set) &&
	       !redis_flights_is_full(&all->flights);
}

/* --- what the server answers --- */

/* The last word about a channel has been confirmed. */
static void settle(
    struct redis_channels *all, struct redis_channel *c, struct slice *in_force)
{
	if (!c->is_sent) {
		if (!c->is_wanted)
			redis_channel_set_forget(&all->set, c);
		return;
	}
	if (!c->is_wanted)
		return; /* to be unsubscribed next */
	redis_channel_set_settle(&all->set, c);
	c->is_refused = false;
	if (!c->is_announced) {
		c->is_announced = true;
		*in_force = redis_channel_name(c);
	}
}

/* What was due has been answered. */
static struct redis_channel *land(struct redis_channels *all)
{
	struct redis_channel *c = redis_flights_land(&all->flights).channel;

	c->in_flight--;
	return c;
}

static bool is_due(const struct redis_channels *all,
    enum redis_channels_step step, struct slice name)
{
	const struct redis_flight *due = redis_flights_due(&all->flights);

	return due && command_of(due->channel, due->is_subscribe) == step &&
	       slice_eq(redis_channel_name(due->channel), name);
}

static bool is_in_flight(struct redis_channels *all, struct slice name)
{
	const struct redis_channel *c = redis_channel_set_find(&all->set, name);

	return c && c->in_flight > 0;
}

bool redis_channels_is_answer(struct redis_channels *all,
    enum redis_channels_step step, struct slice name)
{
	if (step == REDIS_CHANNELS_SUNSUBSCRIBE)
		return is_due(all, step, name);
	return step != REDIS_CHANNELS_SSUBSCRIBE || is_in_flight(all, name);
}

int redis_channels_confirm(struct redis_channels *all,
    enum redis_channels_step step, struct slice name, struct slice *in_force)
{
	struct redis_channel *c;

	*in_force = slice_of(NULL, 0);
	if (!is_due(all, step, name))
		return -EPROTO;
	c = land(all);
	if (c->in_flight == 0)
		settle(all, c, in_force);
	return 0;
}

/*
 * The last command about a channel was refused: by itself, or with others, one
 * of which may be to blame.
 */
static void fail(struct redis_channels *all, struct redis_channel *c,
    bool by_itself, struct slice *refused)
{
	c->is_sent = false;
	if (!c->is_wanted) {
		redis_channel_set_forget(&all->set, c);
	} else if (!by_itself) {
		c->is_alone = true;
		redis_channel_set_queue(&all->set, c);
	} else {
		redis_channel_set_settle(&all->set, c);
		redis_channel_set_put_off(&all->set, c);
		if (!c->is_refused)
			*refused = redis_channel_name(c);
		c->is_refused = c->is_alone = true;
		c->is_announced = false;
	}
}

int redis_channels_refuse(struct redis_channels *all, struct slice *refused)
{
	const struct redis_flight *due = redis_flights_due(&all->flights);
	size_t left = redis_flights_of_command(&all->flights);
	bool by_itself = left == 1;

	*refused = slice_of(NULL, 0);
	if (!due || !due->is_first || !due->is_subscribe ||
	    !redis_channel_is_room(due->channel))
		return -EACCES;
	for (; left > 0; left--) {
		struct redis_channel *c = land(all);

		if (c->in_flight == 0)
			fail(all, c, by_itself, refused);
	}
	return 0;
}

/* --- from one server to another --- */

void redis_channels_adopt(struct redis_channels *all, struct slice name)
{
	struct redis_channel *c =
	    redis_channel_set_want(&all->set, name, REDIS_CHANNEL_SHARD);

	if (c)
		redis_channel_set_expect(&all->set, c);
}

bool redis_channels_end(struct redis_channels *all, struct slice name)
{
	return redis_channel_set_end(&all->set, name);
}

bool redis_channels_depart(struct redis_channels *all, uint16_t slot)
{
	const struct redis_flight *due = redis_flights_due(&all->flights);
	size_t left = redis_flights_of_command(&all->flights);

	if (!due || due->channel->kind != REDIS_CHANNEL_SHARD ||
	    due->channel->slot != slot || (due->is_subscribe && !due->is_first))
		return false;
	for (; left > 0; left--) {
		struct redis_channel *c = land(all);

		if (c->in_flight > 0)
			continue;
		c->is_sent = false;
		if (c->is_wanted)
			redis_channel_set_leave(&all->set, c);
		else
			redis_channel_set_forget(&all->set, c);
	}
	return true;
}

void redis_channels_depart_all(struct redis_channels *all)
{
	redis_flights_reset(&all->flights);
	redis_channel_set_leave_all(&all->set);
}

bool redis_channels_hand_over(
    struct redis_channels *all, size_t most, redis_channels_fn fn, void *arg)
{
	for (; most > 0; most--) {
		struct redis_channel *c = redis_channel_set_take(&all->set);

		if (!c)
			break;
		if (c->is_wanted)
			fn(arg, redis_channel_name(c));
		free(c);
	}
	return most == 0;
}

/* Nearly always all are. */
bool redis_channels_wants(struct redis_channels *all, struct slice name)
{
	const struct redis_channel *c;

	if (all->set.wanted == all->set.map.count)
		return true;
	c = redis_channel_set_find(&all->set, name);
	return c && c->is_wanted;
}

void redis_channels_retry(struct redis_channels *all)
{
	redis_channel_set_retry(&all->set, REDIS_CHANNELS_BATCH);
}

struct slice redis_channels_awaited(
    const struct redis_channels *all, enum redis_channels_step *step)
{
	const struct redis_flight *due = redis_flights_due(&all->flights);

	*step = REDIS_CHANNELS_SUBSCRIBE;
	if (!due)
		return slice_of(NULL, 0);
	*step = command_of(due->channel, due->is_subscribe);
	return redis_channel_name(due->channel);
}

/* --- as a whole --- */

void redis_channels_reset(struct redis_channels *all)
{
	redis_flights_reset(&all->flights);
	redis_channel_set_reset(&all->set);
	all->is_suspended = false;
}

void redis_channels_suspend(struct redis_channels *all)
{
	redis_channels_reset(all);
	all->is_suspended = true;
}

void redis_channels_expect_all(struct redis_channels *all)
{
	redis_channel_set_expect_all(&all->set);
}

bool redis_channels_is_synced(const struct redis_channels *all)
{
	return all->set.expected == 0;
}

bool redis_channels_is_at_rest(const struct redis_channels *all)
{
	return redis_channel_set_is_idle(&all->set) &&
	       !redis_flights_due(&all->flights);
}

size_t redis_channels_count(const struct redis_channels *all)
{
	return all->set.map.count;
}
