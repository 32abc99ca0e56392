/*
 * conf_rows_delivery: the rows of what becomes of messages: which are kept for
 * who comes back, and how they wait for who is here. See conf_rows.c.
 */
#include "conf/conf.h"
#include "conf/conf_rows_parts.h"

const struct schema_row conf_rows_history[] = {
	{
	    .key = "memory",
	    .type = SCHEMA_SIZE,
	    IN_CONF(history.memory),
	    .preset = "64MiB",
	    .min = MiB,
	    .max = 64 * GiB,
	    .prose = "Bytes that are kept, with all that belongs to a "
		     "message: one of 100 bytes takes about 490. The oldest "
		     "go first.",
	},
	{
	    .key = "max_age",
	    .type = SCHEMA_DURATION,
	    IN_CONF(history.max_age_ms),
	    .preset = "10m",
	    .min = SECOND,
	    .max = 24 * HOUR,
	    .prose = "What is older is not kept, whatever room there is.",
	},
	{
	    .key = "warmup",
	    .type = SCHEMA_DURATION,
	    .at_start = true,
	    IN_CONF(history.warmup_ms),
	    .preset = "10s",
	    .max = HOUR,
	    .prose =
		"How long `/readyz` of an instance that has started says "
		"503 while there are others, which may have kept more; with "
		"`backend: redis` and without a stream. An instance that "
		"hears no other for one `redis.heartbeat` is ready then.",
	},
	{
	    .key = "stream",
	    .type = SCHEMA_TEXT,
	    .at_start = true,
	    IN_CONF(history.stream),
	    .prose =
		"The key of a stream. Where it is not set, what is "
		"PUBLISHed is kept; else what is XADDed to it, with the "
		"channel as the one field of an entry and the payload as "
		"its value, and what is PUBLISHed is for who is there. "
		"On a Redis server it is in the database of `redis.url`; with "
		"`redis.sentinel`, in 0.",
	},
	END,
};

static const char *const slow_words[] = {
	[CONF_SLOW_DISCONNECT] = "disconnect",
	[CONF_SLOW_DROP_OLDEST] = "drop_oldest",
	[CONF_SLOW_DROP_NEWEST] = "drop_newest",
	[CONF_SLOW_CATCH_UP] = "catch_up",
	NULL,
};

static const struct schema_row compression_rows[] = {
	{
	    .key = "min_size",
	    .type = SCHEMA_SIZE,
	    IN_CONF(delivery.compression.min_size),
	    .preset = "256B",
	    .max = 64 * MiB,
	    .prose = "Smaller messages go as they are. So does each one "
		     "that would not get smaller.",
	},
	{
	    .key = "level",
	    .type = SCHEMA_COUNT,
	    IN_CONF(delivery.compression.level),
	    .preset = "1",
	    .min = 1,
	    .max = 9,
	    .prose = "zlib's level. 1 is by far the cheapest and saves "
		     "most of what can be saved.",
	},
	{
	    .key = "window_bits",
	    .type = SCHEMA_COUNT,
	    IN_CONF(delivery.compression.window_bits),
	    .preset = "12",
	    .min = 9,
	    .max = 15,
	    .prose = "How far back a repetition may lie, as a power of "
		     "two: 4 KiB by default. Clients keep a window of "
		     "this size; who asks for a smaller one gets plain "
		     "messages. A reload makes it smaller at once, larger "
		     "for new clients only.",
	},
	END,
};

const struct schema_row conf_rows_delivery[] = {
	{
	    .key = "queue",
	    .type = SCHEMA_SIZE,
	    IN_CONF(delivery.queue),
	    .preset = "4MiB",
	    .min = 4 * KiB,
	    .max = GiB,
	    .prose = "Bytes that may wait in roomcast for one connection; "
		     "room for several of the largest messages. A burst "
		     "may take it to twice as much for half a second. "
		     "What the kernel holds for its socket comes on top: "
		     "see `socket_buffer`.",
	},
	{
	    .key = "memory",
	    .type = SCHEMA_SIZE,
	    IN_CONF(delivery.memory),
	    .preset = "128MiB",
	    .min = MiB,
	    .max = 1024 * (int64_t)GiB,
	    .prose = "Memory for what is queued for all connections "
		     "together: messages, each once however many wait for "
		     "it, and the queues themselves. Beyond it the "
		     "connections that hold most are closed with 1013. "
		     "docs/sizing.md says what comes on top.",
	},
	{
	    .key = "socket_buffer",
	    .type = SCHEMA_SIZE,
	    .at_start = true,
	    IN_CONF(delivery.socket_buffer),
	    .preset = "64KiB",
	    .zero = "0",
	    .min = 4 * KiB,
	    .max = 64 * MiB,
	    .prose = "Send buffer (SO_SNDBUF) of client sockets in the "
		     "kernel, which takes twice as much memory for "
		     "a reader that stops. Larger ones suit messages of "
		     "hundreds of kilobytes and long round trips. `0` "
		     "leaves it to the kernel, which may hold up to "
		     "4 MiB for a slow reader.",
	},
	{
	    .key = "slow_consumer",
	    .type = SCHEMA_WORD,
	    IN_CONF(delivery.slow_consumer),
	    .preset = "disconnect",
	    .words = slow_words,
	    .prose = "What happens when a connection's queue is full: it "
		     "closes with 1013, or it loses the oldest waiting "
		     "messages, or the newest one; or it catches up: what "
		     "waits is dropped, and comes again from `history` as fast "
		     "as it is read. Clients with ids (`routes[].resume`) "
		     "catch up in place of losing messages.",
	},
	{
	    .key = "compression",
	    .type = SCHEMA_MAP,
	    IN_CONF(delivery.compression.is_on),
	    .rows = compression_rows,
	    .zero = "off",
	    .prose = "Whether messages are deflated for the clients that "
		     "offer permessage-deflate, once for all of them; `{}` "
		     "takes the defaults below. docs/compression.md says "
		     "what it costs and when not to use it.",
	},
	END,
};
