#include "conf/conf_check_events.h"

#include <string.h>

#include "conf/conf.h"
#include "conf/conf_channels.h"
#include "conf/mistakes.h"
#include "conf/node.h"
#include "proto/hash_tag.h"

static void read_kinds(struct conf_events *e)
{
	for (size_t i = 0; i < e->kinds.count; i++) {
		const char *text = e->kinds.items[i];

		if (text && !strcmp(text, CONF_EVENTS_WORD_CONNECTIONS))
			e->kind_bits |= CONF_EVENTS_CONNECTIONS;
		else if (text && !strcmp(text, CONF_EVENTS_WORD_ROOMS))
			e->kind_bits |= CONF_EVENTS_ROOMS;
		else if (text && !strcmp(text, CONF_EVENTS_WORD_OCCUPANCY))
			e->kind_bits |= CONF_EVENTS_OCCUPANCY;
	}
}

bool conf_needs_lease(const struct conf *c)
{
	return conf_has_presence(c) ||
	       (c->events.is_on &&
		   (c->events.kind_bits & CONF_EVENTS_OF_LEASE));
}

bool conf_has_presence(const struct conf *c)
{
	for (size_t i = 0; i < c->routes.count; i++)
		if (c->routes.items[i].presence != CONF_PRESENCE_OFF)
			return true;
	return false;
}

/* What the gateway itself listens to would come back to it as a payload. */
static void check_channel(
    const struct conf *c, struct node *n, struct mistakes *m)
{
	struct conf_channel all[CONF_CHANNELS];
	const char *channel = c->events.channel;

	conf_channels_list(c, all);
	for (size_t i = 0; i < CONF_CHANNELS; i++)
		if (!strcmp(channel, all[i].name))
			mistakes_at(m, n, "is that of %s too", all[i].key);
	if (conf_channels_is_room(c, channel))
		mistakes_at(m, n, "must not begin with channels.room_prefix");
}

/* The keys of presence are to be in the stream's slot, by their names. */
static void check_slot(const struct conf *c, struct node *n, struct mistakes *m)
{
	struct slice stream = slice_str(c->events.stream);

	if (!conf_has_presence(c) || c->backend != CONF_BACKEND_REDIS ||
	    !conf_has_cluster(conf_source(c, 0)))
		return;
	if (!hash_tag_can_be(hash_tag_of(stream)))
		mistakes_at(m, n,
		    "has a } but no text in braces before it: no other key can "
		    "be in its slot of the cluster, as those of presence have "
		    "to be; leave the } out, or begin with a hash tag, as "
		    "{app}:events");
}

static void check_stream(
    const struct conf *c, struct node *n, struct mistakes *m)
{
	check_slot(c, n, m);
	if (c->history.is_on && c->history.stream &&
	    !strcmp(c->events.stream, c->history.stream))
		mistakes_at(m, n, "is that of history.stream too");
}

void conf_check_events(struct conf *c, struct node *root, struct mistakes *m)
{
	struct conf_events *e = &c->events;
	struct node *n = node_child(root, "events");

	if (!e->is_on || !n)
		return;
	read_kinds(e);
	if (n->has_mistake)
		return;
	if (!e->stream == !e->channel) {
		mistakes_at_key(m, n,
		    "needs stream, which keeps events for who reads later, or "
		    "channel, for who listens now: one of both");
		return;
	}
	if (e->channel)
		check_channel(c, node_find(root, "events.channel"), m);
	else
		check_stream(c, node_find(root, "events.stream"), m);
}
