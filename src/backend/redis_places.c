/* redis_places: see the header. */
#include "backend/redis_places.h"

#include <stdlib.h>

#include "backend/redis_find.h"
#include "backend/redis_node.h"
#include "backend/redis_presence_words.h"
#include "backend/redis_role.h"
#include "backend/redis_sentinels.h"
#include "backend/redis_sharded.h"
#include "backend/redis_slot.h"
#include "base/mem.h"
#include "conf/conf.h"

struct redis_places {
	redis_places_moved_fn fn;
	void *arg;
	struct redis_role_rule rule;
	unsigned cut_off_told; /* as the rule has it */
	/* Owned; what comes behind the first may be the first. */
	struct redis_find *finds[REDIS_PLACES];
	struct redis_sentinels *sentinels; /* owned; NULL: there are none */
	struct redis_cluster *cluster;     /* owned; NULL: it is none */
};

/* --- what has moved --- */

static void on_switch(void *arg)
{
	struct redis_places *p = arg;

	for (int i = 0; i < REDIS_PLACES; i++)
		p->fn(p->arg, (enum redis_place)i,
		    "the sentinels name another server");
}

static void on_node_left(void *arg)
{
	struct redis_places *p = arg;

	for (int i = 0; i < REDIS_PLACES; i++)
		if (p->finds[i] == p->finds[REDIS_PLACE_CHANNELS])
			p->fn(p->arg, (enum redis_place)i,
			    "the node is no master of the cluster any more");
}

/* --- life --- */

/* The key that the place is at, which in a cluster is in a slot; or NULL. */
static const char *key_of(const struct conf *conf, enum redis_place place)
{
	switch (place) {
	case REDIS_PLACE_STREAM:
		return conf_reads_stream(conf) ? conf->history.stream : NULL;
	case REDIS_PLACE_EVENTS:
		return conf->events.is_on ? conf->events.stream : NULL;
	case REDIS_PLACE_PRESENCE:
		return redis_presence_tag(conf);
	case REDIS_PLACE_CHANNELS:
	case REDIS_PLACES:
		break;
	}
	return NULL;
}

/* One find for all, but for those of keys in a cluster. */
static int make_finds(struct redis_places *p, struct event_base *base,
    const struct conf *conf, const struct conf_redis *source, struct err *e)
{
	for (int i = 0; i < REDIS_PLACES; i++) {
		bool has_own = i == REDIS_PLACE_CHANNELS ||
			       (conf_has_cluster(source) && key_of(conf, i));

		p->finds[i] = has_own ? redis_find_new(base, source, e)
				      : p->finds[REDIS_PLACE_CHANNELS];
		if (!p->finds[i])
			return -1;
	}
	return 0;
}

/* The server of a key says by itself when the slot moves. */
static void lead_in_cluster(struct redis_places *p, struct event_base *base,
    const struct conf *conf, const struct conf_redis *source)
{
	p->rule.cut_off_told = &p->cut_off_told;
	p->cluster = redis_cluster_new(base, source, &p->cut_off_told);
	redis_cluster_lead(p->cluster, p->finds[REDIS_PLACE_CHANNELS],
	    REDIS_CLUSTER_ANY, on_node_left, p);
	for (int i = 0; i < REDIS_PLACES; i++) {
		const char *key = key_of(conf, i);

		if (key)
			redis_cluster_lead(p->cluster, p->finds[i],
			    redis_slot_of(slice_str(key)), NULL, NULL);
	}
}

struct redis_places *redis_places_new(struct event_base *base,
    const struct conf *conf, const struct conf_redis *source,
    redis_places_moved_fn fn, void *arg, struct err *e)
{
	struct redis_places *p = xcalloc(1, sizeof *p);

	p->fn = fn;
	p->arg = arg;
	p->rule = redis_role_rule_of(source);
	if (make_finds(p, base, conf, source, e) < 0) {
		redis_places_free(p);
		return NULL;
	}
	if (conf_has_cluster(source))
		lead_in_cluster(p, base, conf, source);
	else if (conf_has_sentinel(source))
		p->sentinels = redis_sentinels_new(base, &source->sentinel,
		    p->finds[REDIS_PLACE_CHANNELS], on_switch, p);
	return p;
}

void redis_places_free(struct redis_places *p)
{
	if (!p)
		return;
	redis_cluster_free(p->cluster);
	redis_sentinels_free(p->sentinels);
	for (int i = REDIS_PLACE_CHANNELS + 1; i < REDIS_PLACES; i++)
		if (p->finds[i] != p->finds[REDIS_PLACE_CHANNELS])
			redis_find_free(p->finds[i]);
	redis_find_free(p->finds[REDIS_PLACE_CHANNELS]);
	free(p);
}

/* --- for those who connect --- */

bool redis_places_are_many(const struct redis_places *p)
{
	return p->cluster;
}

struct redis_find *redis_places_find(
    struct redis_places *p, enum redis_place place)
{
	return p->finds[place];
}

struct redis_role_rule *redis_places_rule(struct redis_places *p)
{
	return &p->rule;
}

void redis_places_watch_slots(
    struct redis_places *p, redis_cluster_slots_fn fn, void *arg)
{
	redis_cluster_watch(p->cluster, fn, arg);
}

void redis_places_look(struct redis_places *p)
{
	redis_cluster_look(p->cluster);
}

unsigned redis_places_files_max(const struct conf_redis *source)
{
	size_t sentinels = source->sentinel.addresses.count;

	if (conf_has_cluster(source))
		return REDIS_CLUSTER_ASKED_MAX * REDIS_NODE_FILES_MAX +
		       (source->cluster.is_sharded ? REDIS_SHARDED_FILES_MAX
						   : 0);
	return (unsigned)sentinels * REDIS_SENTINEL_FILES_MAX;
}
