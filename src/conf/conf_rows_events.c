/*
 * conf_rows_events: the rows of what apps are told of connections and rooms.
 * See conf_rows.c.
 */
#include "conf/conf.h"
#include "conf/conf_rows_parts.h"

static const char *const kinds_words[] = {
	CONF_EVENTS_WORD_CONNECTIONS,
	CONF_EVENTS_WORD_ROOMS,
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
	    .preset = "[" CONF_EVENTS_WORD_CONNECTIONS
		      ", " CONF_EVENTS_WORD_ROOMS "]",
	    .is_distinct = true,
	    .min = 1,
	    .max = 2,
	    .words = kinds_words,
	    .prose = "Which events there are. `connections`: `connected` and "
		     "`disconnected`. `rooms`: `joined` and `left`, when "
		     "a control command moves a connection.",
	},
	END,
};
