/*
 * conf_rows_events: the rows of what apps are told of connections and rooms.
 * See conf_rows.c.
 */
#include "conf/conf.h"
#include "conf/conf_rows_parts.h"

static const char *const kinds_words[] = {
	CONF_EVENTS_WORD_CONNECTIONS,
	CONF_EVENTS_WORD_ROOMS,
	CONF_EVENTS_WORD_OCCUPANCY,
	NULL,
};

const struct schema_row conf_rows_events[] = {
	{
	    .key = "stream",
	    .type = SCHEMA_TEXT,
	    .at_start = true,
	    IN_CONF(events.stream),
	    .prose = "The key of the stream to which events are XADDed, each "
		     "as the one field `event`. An app that reads it with a "
		     "consumer group misses nothing while it is away. This or "
		     "`channel` must be set.",
	},
	{
	    .key = "channel",
	    .type = SCHEMA_TEXT,
	    .at_start = true,
	    IN_CONF(events.channel),
	    .prose = "The channel on which events are PUBLISHed instead: who "
		     "does not listen misses them.",
	},
	{
	    .key = "maxlen",
	    .type = SCHEMA_COUNT,
	    .at_start = true,
	    IN_CONF(events.maxlen),
	    .preset = "100000",
	    .min = 1000,
	    .max = 100 * 1000 * 1000,
	    .prose = "About how many entries of the stream are kept: each "
		     "`XADD` trims it, with `MAXLEN ~`. An event takes some "
		     "300 bytes of Redis' memory.",
	},
	{
	    .key = "kinds",
	    .type = SCHEMA_TEXTS,
	    .at_start = true,
	    IN_CONF(events.kinds),
	    .preset =
		"[" CONF_EVENTS_WORD_CONNECTIONS ", " CONF_EVENTS_WORD_ROOMS
		", " CONF_EVENTS_WORD_OCCUPANCY "]",
	    .is_distinct = true,
	    .min = 1,
	    .max = 3,
	    .words = kinds_words,
	    .prose = "Which events there are. `connections`: `connected` and "
		     "`disconnected`, and `instance_gone`. `rooms`: `joined` "
		     "and `left`, when a control command moves a connection. "
		     "`occupancy`: `occupied` and `vacated`, when the first "
		     "one comes to a room of all instances and the last one "
		     "goes, of routes with `presence`, and `instance_gone` as "
		     "well.",
	},
	{
	    .key = "lease",
	    .type = SCHEMA_DURATION,
	    .at_start = true,
	    IN_CONF(events.lease_ms),
	    .preset = "15s",
	    .min = SECOND,
	    .max = 10 * 60 * SECOND,
	    .prose = "How soon another instance takes away what `presence` "
		     "has written of one that has died, and tells "
		     "`instance_gone`: within this time and a third of it, at "
		     "which the lease is renewed.",
	},
	END,
};
