/* redis_push: see the header. */
#include "backend/redis_push.h"

#include <string.h>

#include "proto/resp.h"

/* A command, and how what confirms it begins. */
static const struct {
	const char *command, *confirmation;
} words[] = {
	[REDIS_CHANNELS_SUBSCRIBE] = { "SUBSCRIBE", "subscribe" },
	[REDIS_CHANNELS_PSUBSCRIBE] = { "PSUBSCRIBE", "psubscribe" },
	[REDIS_CHANNELS_UNSUBSCRIBE] = { "UNSUBSCRIBE", "unsubscribe" },
	[REDIS_CHANNELS_PUNSUBSCRIBE] = { "PUNSUBSCRIBE", "punsubscribe" },
	[REDIS_CHANNELS_SSUBSCRIBE] = { "SSUBSCRIBE", "ssubscribe" },
	[REDIS_CHANNELS_SUNSUBSCRIBE] = { "SUNSUBSCRIBE", "sunsubscribe" },
};

enum { WORDS = sizeof words / sizeof words[0] };

const char *redis_push_command(enum redis_channels_step step)
{
	return words[step].command;
}

const char *redis_push_named(struct slice name)
{
	for (unsigned i = 0; i < WORDS; i++)
		if (slice_eq(name, slice_str(words[i].confirmation)))
			return words[i].command;
	return slice_eq(name, slice_str("ping")) ? "PING" : NULL;
}

static bool item_is(const struct resp_item *item, const char *text)
{
	return item->type == RESP_STRING &&
	       slice_eq(item->text, slice_str(text));
}

/*
 * message, channel, payload; of a shard smessage; by a pattern pmessage,
 * pattern, the same.
 */
static bool is_message(const struct resp_value *value)
{
	const struct resp_item *items = value->items;
	size_t count = value->count;
	bool is_by_name = count == 3 && (item_is(&items[0], "message") ||
					    item_is(&items[0], "smessage"));

	if (!is_by_name && (count != 4 || !item_is(&items[0], "pmessage")))
		return false;
	return items[count - 2].type == RESP_STRING &&
	       items[count - 1].type == RESP_STRING;
}

/* What a confirmation is of; WORDS: it is none. */
static unsigned find_confirmed(const struct resp_value *value)
{
	unsigned step = 0;

	if (value->count != 3)
		return WORDS;
	while (step < WORDS &&
	       !item_is(&value->items[0], words[step].confirmation))
		step++;
	return step;
}

/* The command in lower case, channel, count of channels now. */
static void read_confirmation(
    struct redis_push *push, const struct resp_value *value)
{
	unsigned step = find_confirmed(value);
	const struct resp_item *channel = &value->items[1];

	if (step == WORDS)
		return;
	if (channel->type == RESP_STRING) {
		push->kind = REDIS_PUSH_CONFIRMED;
		push->step = step;
		push->channel = channel->text;
	} else if (channel->type == RESP_NIL) {
		push->kind = REDIS_PUSH_NOTHING;
	}
}

static struct redis_push read_array(const struct resp_value *value)
{
	const struct resp_item *items = value->items;
	struct redis_push push = { .kind = REDIS_PUSH_NONE };

	if (is_message(value)) {
		push.kind = REDIS_PUSH_MESSAGE;
		push.channel = items[value->count - 2].text;
		push.text = items[value->count - 1].text;
		return push;
	}
	if (value->count == 2 && item_is(&items[0], "pong"))
		push.kind = REDIS_PUSH_PONG;
	else
		read_confirmation(&push, value);
	return push;
}

struct redis_push redis_push_read(const struct resp_value *value)
{
	const struct resp_item *item = value->items;
	struct redis_push push = { .kind = REDIS_PUSH_NONE };

	if (value->is_array)
		return read_array(value);
	push.text = item->text;
	if (item->type == RESP_ERROR)
		push.kind = REDIS_PUSH_ERROR;
	else if (item->type == RESP_STATUS &&
		 slice_eq(item->text, slice_str("PONG")))
		push.kind = REDIS_PUSH_PONG; /* while nothing is subscribed */
	return push;
}
