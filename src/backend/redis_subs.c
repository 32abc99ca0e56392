/*
 * redis_subs: see the header for the lists and the queue in flight.
 *
 * A reset forgets what was sent, of however many channels, without a walk over
 * them: each remembers the session that it was last looked at in, and is
 * brought up to date when it is looked at next (refresh).
 */
#include "backend/redis_subs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/map.h"
#include "base/mem.h"

struct sub {
	struct map_node node;
	struct list link; /* in one of those of redis_subs */
	bool is_room;
	bool is_wanted;
	bool is_sent;       /* the last command about it was SUBSCRIBE */
	bool is_initial;    /* counts in initial_left */
	bool is_announced;  /* or is no room */
	bool is_alone;      /* goes into a command of its own */
	bool is_refused;    /* and that was told; until it is confirmed */
	uint32_t session;   /* that this is about */
	unsigned in_flight; /* commands about it that await confirmation */
	size_t len;
	char channel[]; /* len bytes */
};

struct flight {
	struct sub *sub;
	bool is_subscribe;
	bool is_first; /* of its command */
};

struct redis_subs {
	struct hash_key key;
	struct map map;
	struct list dirty;   /* in the order in which they are sent */
	struct list leaving; /* when dirty is empty */
	struct list clean;
	struct list base; /* clean, and no rooms */
	struct list refused;
	struct flight ring[REDIS_SUBS_IN_FLIGHT];
	size_t head; /* of the ring; ring_count follow */
	size_t ring_count;
	size_t wanted;       /* channels */
	size_t initial_left; /* wanted at the reset and not settled yet */
	uint32_t session;    /* counts the resets */
};

struct redis_subs *redis_subs_new(void)
{
	struct redis_subs *s = xcalloc(1, sizeof *s);

	crypto_random(&s->key, sizeof s->key);
	map_init(&s->map);
	list_init(&s->dirty);
	list_init(&s->leaving);
	list_init(&s->clean);
	list_init(&s->base);
	list_init(&s->refused);
	return s;
}

static struct sub *sub_of(struct list *link)
{
	return container_of(link, struct sub, link);
}

static struct slice channel_of(const struct sub *sub)
{
	return slice_of(sub->channel, sub->len);
}

static void set_initial(struct redis_subs *s, struct sub *sub, bool is_initial)
{
	if (sub->is_initial && !is_initial)
		s->initial_left--;
	if (!sub->is_initial && is_initial)
		s->initial_left++;
	sub->is_initial = is_initial;
}

static void remove_sub(struct redis_subs *s, struct sub *sub)
{
	set_initial(s, sub, false);
	map_del(&s->map, &sub->node);
	list_del(&sub->link);
	free(sub);
}

static void free_list(struct redis_subs *s, struct list *list)
{
	while (!list_is_empty(list))
		remove_sub(s, sub_of(list->next));
}

void redis_subs_free(struct redis_subs *s)
{
	if (!s)
		return;
	free_list(s, &s->dirty);
	free_list(s, &s->leaving);
	free_list(s, &s->clean);
	free_list(s, &s->base);
	free_list(s, &s->refused);
	map_fini(&s->map);
	free(s);
}

static struct sub *find(
    const struct redis_subs *s, struct slice channel, uint64_t hash)
{
	struct map_node *node = map_find(&s->map, hash);

	for (; node; node = map_find_next(node)) {
		struct sub *sub = container_of(node, struct sub, node);

		if (slice_eq(channel_of(sub), channel))
			return sub;
	}
	return NULL;
}

/* Nothing has been sent about it since the last reset. */
static void refresh(const struct redis_subs *s, struct sub *sub)
{
	if (sub->session == s->session)
		return;
	sub->session = s->session;
	sub->is_sent = false;
	sub->is_alone = !sub->is_room || sub->is_refused;
	sub->in_flight = 0;
	sub->is_initial = sub->is_wanted; /* the reset has counted it */
}

/* Something is to be sent: behind the others, but what is no room first. */
static void queue(struct redis_subs *s, struct sub *sub)
{
	list_del(&sub->link);
	if (!sub->is_wanted)
		list_add(&s->leaving, &sub->link);
	else
		list_add(sub->is_room ? &s->dirty : s->dirty.next, &sub->link);
}

static struct sub *add(
    struct redis_subs *s, struct slice channel, bool is_room, uint64_t hash)
{
	struct sub *sub = xcalloc(1, sizeof *sub + channel.len);

	sub->is_room = is_room;
	sub->is_alone = !is_room;
	sub->session = s->session;
	sub->len = channel.len;
	memcpy(sub->channel, channel.ptr, channel.len);
	list_init(&sub->link);
	map_add(&s->map, &sub->node, hash);
	return sub;
}

void redis_subs_want(struct redis_subs *s, struct slice channel, bool is_room)
{
	uint64_t hash = hash_bytes(&s->key, channel.ptr, channel.len);
	struct sub *sub = find(s, channel, hash);

	if (!sub)
		sub = add(s, channel, is_room, hash);
	refresh(s, sub);
	if (sub->is_wanted)
		return;
	sub->is_wanted = true;
	s->wanted++;
	sub->is_announced = !sub->is_room;
	queue(s, sub);
}

void redis_subs_unwant(struct redis_subs *s, struct slice channel)
{
	uint64_t hash = hash_bytes(&s->key, channel.ptr, channel.len);
	struct sub *sub = find(s, channel, hash);

	if (!sub || !sub->is_wanted)
		return;
	refresh(s, sub);
	sub->is_wanted = false;
	s->wanted--;
	set_initial(s, sub, false);
	if (!sub->is_sent && sub->in_flight == 0)
		remove_sub(s, sub);
	else
		queue(s, sub);
}

/* What is to be done about a dirty channel; false for nothing. */
static bool find_step(const struct sub *sub, enum redis_subs_step *step)
{
	if (sub->is_wanted != sub->is_sent) {
		*step = sub->is_wanted ? REDIS_SUBS_SUBSCRIBE
				       : REDIS_SUBS_UNSUBSCRIBE;
		return true;
	}
	*step = REDIS_SUBS_IN_FORCE;
	return sub->is_wanted && sub->in_flight == 0 && !sub->is_announced;
}

/* Whether this channel can join the batch. */
static bool has_place(const struct redis_subs *s, const struct sub *sub,
    const struct redis_subs_batch *batch, enum redis_subs_step step)
{
	if (step != REDIS_SUBS_IN_FORCE &&
	    s->ring_count == REDIS_SUBS_IN_FLIGHT)
		return false;
	return batch->count == 0 || (batch->step == step && !sub->is_alone &&
					batch->count < REDIS_SUBS_BATCH);
}

static void take(
    struct redis_subs *s, struct sub *sub, struct redis_subs_batch *batch)
{
	size_t at = (s->head + s->ring_count) % REDIS_SUBS_IN_FLIGHT;

	batch->channels[batch->count++] = channel_of(sub);
	if (batch->step == REDIS_SUBS_IN_FORCE) {
		sub->is_announced = true;
		return;
	}
	sub->is_sent = batch->step == REDIS_SUBS_SUBSCRIBE;
	sub->in_flight++;
	s->ring[at] = (struct flight){ sub, sub->is_sent, batch->count == 1 };
	s->ring_count++;
}

/* The list whose turn it is; empty when there is nothing to do. */
static const struct list *next_list(const struct redis_subs *s)
{
	return list_is_empty(&s->dirty) ? &s->leaving : &s->dirty;
}

/*
 * Take it into the batch when there is something to do about it. False when
 * it cannot join this one, or nothing can any more.
 */
static bool visit(
    struct redis_subs *s, struct sub *sub, struct redis_subs_batch *batch)
{
	enum redis_subs_step step;

	refresh(s, sub);
	if (!sub->is_wanted && !sub->is_sent && sub->in_flight == 0) {
		remove_sub(s, sub); /* a reset has done it */
		return true;
	}
	if (find_step(sub, &step)) {
		if (!has_place(s, sub, batch, step))
			return false;
		batch->step = step;
		take(s, sub, batch);
	}
	list_del(&sub->link);
	list_add(sub->is_room ? &s->clean : &s->base, &sub->link);
	return batch->count == 0 || !sub->is_alone;
}

bool redis_subs_next(struct redis_subs *s, struct redis_subs_batch *batch)
{
	batch->count = 0;
	for (int i = 0; i < REDIS_SUBS_VISITS; i++) {
		const struct list *list = next_list(s);

		if (list_is_empty(list) || !visit(s, sub_of(list->next), batch))
			break;
	}
	return batch->count > 0;
}

bool redis_subs_is_due(const struct redis_subs *s)
{
	return !list_is_empty(next_list(s)) &&
	       s->ring_count < REDIS_SUBS_IN_FLIGHT;
}

/* The last word about a channel has been confirmed. */
static void settle(
    struct redis_subs *s, struct sub *sub, struct slice *in_force)
{
	if (!sub->is_sent) {
		if (!sub->is_wanted)
			remove_sub(s, sub);
		return;
	}
	if (!sub->is_wanted)
		return; /* to be unsubscribed next */
	set_initial(s, sub, false);
	sub->is_refused = false;
	if (!sub->is_announced) {
		sub->is_announced = true;
		*in_force = channel_of(sub);
	}
}

/* Take the flight that is due out of the ring. */
static struct sub *land(struct redis_subs *s)
{
	struct sub *sub = s->ring[s->head].sub;

	s->head = (s->head + 1) % REDIS_SUBS_IN_FLIGHT;
	s->ring_count--;
	sub->in_flight--;
	return sub;
}

int redis_subs_confirm(struct redis_subs *s, bool is_subscribe,
    struct slice channel, struct slice *in_force)
{
	struct flight due = s->ring[s->head];

	*in_force = slice_of(NULL, 0);
	if (s->ring_count == 0 || due.is_subscribe != is_subscribe ||
	    !slice_eq(channel_of(due.sub), channel))
		return -EPROTO;
	if (land(s)->in_flight == 0)
		settle(s, due.sub, in_force);
	return 0;
}

/*
 * The last command about a channel was refused: by itself, or with others, one
 * of which may be to blame.
 */
static void fail(struct redis_subs *s, struct sub *sub, bool by_itself,
    struct slice *refused)
{
	sub->is_sent = false;
	if (!sub->is_wanted) {
		remove_sub(s, sub);
	} else if (!by_itself) {
		sub->is_alone = true;
		queue(s, sub);
	} else {
		set_initial(s, sub, false);
		list_del(&sub->link);
		list_add(&s->refused, &sub->link);
		if (!sub->is_refused)
			*refused = channel_of(sub);
		sub->is_refused = sub->is_alone = true;
		sub->is_announced = false;
	}
}

/* Whether the flight that is due begins a command, or there is none. */
static bool is_between_commands(const struct redis_subs *s)
{
	return s->ring_count == 0 || s->ring[s->head].is_first;
}

int redis_subs_refuse(struct redis_subs *s, struct slice *refused)
{
	const struct flight *due = &s->ring[s->head];
	const struct flight *next =
	    &s->ring[(s->head + 1) % REDIS_SUBS_IN_FLIGHT];
	bool by_itself = s->ring_count == 1 || next->is_first;

	*refused = slice_of(NULL, 0);
	if (s->ring_count == 0 || !due->is_first || !due->is_subscribe ||
	    !due->sub->is_room)
		return -EACCES;
	do {
		struct sub *sub = land(s);

		if (sub->in_flight == 0)
			fail(s, sub, by_itself, refused);
	} while (!is_between_commands(s));
	return 0;
}

void redis_subs_retry(struct redis_subs *s)
{
	for (int i = 0; i < REDIS_SUBS_BATCH && !list_is_empty(&s->refused);
	     i++)
		queue(s, sub_of(s->refused.next));
}

struct slice redis_subs_awaited(const struct redis_subs *s, bool *is_subscribe)
{
	const struct flight *due = &s->ring[s->head];

	*is_subscribe = s->ring_count == 0 || due->is_subscribe;
	return s->ring_count == 0 ? slice_of(NULL, 0) : channel_of(due->sub);
}

void redis_subs_reset(struct redis_subs *s)
{
	s->session++;
	s->head = s->ring_count = 0;
	s->initial_left = s->wanted;
	list_join(&s->dirty, &s->clean);
	list_join(&s->dirty, &s->refused);
	while (!list_is_empty(&s->base))
		queue(s, sub_of(s->base.next));
}

bool redis_subs_is_synced(const struct redis_subs *s)
{
	return s->initial_left == 0;
}

bool redis_subs_is_idle(const struct redis_subs *s)
{
	return s->ring_count == 0 && list_is_empty(next_list(s));
}

size_t redis_subs_count(const struct redis_subs *s)
{
	return s->map.count;
}
