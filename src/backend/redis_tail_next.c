/* redis_tail_next: the commands that a tail asks with. */
#include <inttypes.h>
#include <stdio.h>

#include "backend/redis_tail.h"

const char *redis_tail_command_name(const struct redis_tail *t)
{
	static const char *const names[] = {
		[TAIL_ASK_SERVER] = "INFO",
		[TAIL_ASK_TRY_INFO] = "XINFO STREAM",
		[TAIL_ASK_TRY_BACK] = "XREVRANGE",
		[TAIL_ASK_TRY_PAGE] = "XRANGE",
		[TAIL_ASK_TRY_NEWS] = "XREAD",
		[TAIL_ASK_INFO] = "XINFO STREAM",
		[TAIL_ASK_BACK] = "XREVRANGE",
		[TAIL_ASK_PAGE] = "XRANGE",
		[TAIL_ASK_NEWS] = "XREAD",
	};

	return names[t->ask];
}

static void add(struct tail_command *c, struct slice argument)
{
	c->arguments[c->count++] = argument;
}

/* An id as the server knows it, in the command's text. */
static void add_place(struct tail_command *c, const struct place *p)
{
	const struct place untagged = { .high = p->high, .low = p->low };

	add(c, place_print_entry(&untagged, c->text));
}

static void add_number(struct tail_command *c, int64_t number)
{
	char *text = c->text + PLACE_MAX + 1;

	(void)snprintf(text, PLACE_MAX + 1, "%" PRId64, number);
	add(c, slice_str(text));
}

static void add_words(struct tail_command *c, const char *a, const char *b)
{
	add(c, slice_str(a));
	add(c, slice_str(b));
}

/* Between these two is nothing. */
static void try_range(const struct redis_tail *t, struct tail_command *c,
    const char *command, const char *from, const char *to)
{
	add(c, slice_str(command));
	add(c, t->options.key);
	add_words(c, from, to);
	add_words(c, "COUNT", "1");
}

/* What is behind the last entry, without waiting for it. */
static void try_news(const struct redis_tail *t, struct tail_command *c)
{
	add_words(c, "XREAD", "COUNT");
	add_words(c, "1", "STREAMS");
	add(c, t->options.key);
	add(c, slice_str("$"));
}

static void next_back(const struct redis_tail *t, struct tail_command *c)
{
	const struct place before = redis_entries_before(&t->back.last);

	add_words(c, "XREVRANGE", "");
	c->arguments[1] = t->options.key;
	if (t->back.is_begun)
		add_place(c, &before);
	else
		add(c, slice_str("+"));
	add_words(c, "-", "COUNT");
	add_number(c, TAIL_BACK);
}

static void next_page(const struct redis_tail *t, struct tail_command *c)
{
	add_words(c, "XRANGE", "");
	c->arguments[1] = t->options.key;
	add_place(c, &t->last);
	add_words(c, "+", "COUNT");
	add_number(c, TAIL_PAGE);
}

/* What it answers is read once more: one will do. */
static void next_news(const struct redis_tail *t, struct tail_command *c)
{
	add_words(c, "XREAD", "COUNT");
	add_words(c, "1", "BLOCK");
	add_number(c, t->options.block_ms);
	add(c, slice_str("STREAMS"));
	add(c, t->options.key);
	add_place(c, &t->last);
}

void redis_tail_next(const struct redis_tail *t, struct tail_command *c)
{
	c->count = 0;
	switch (t->ask) {
	case TAIL_ASK_SERVER:
		add_words(c, "INFO", "server");
		break;
	case TAIL_ASK_TRY_INFO:
	case TAIL_ASK_INFO:
		add_words(c, "XINFO", "STREAM");
		add(c, t->options.key);
		break;
	case TAIL_ASK_TRY_BACK:
		try_range(t, c, "XREVRANGE", "-", "+");
		break;
	case TAIL_ASK_TRY_PAGE:
		try_range(t, c, "XRANGE", "+", "-");
		break;
	case TAIL_ASK_TRY_NEWS:
		try_news(t, c);
		break;
	case TAIL_ASK_BACK:
		next_back(t, c);
		break;
	case TAIL_ASK_PAGE:
		next_page(t, c);
		break;
	case TAIL_ASK_NEWS:
		next_news(t, c);
		break;
	}
}
