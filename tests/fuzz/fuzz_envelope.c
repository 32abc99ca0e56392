/*
 * Any bytes as a payload of channels.send: what is accepted has valid names
 * and content that lies inside the payload or scratch, and envelope_lists
 * misses none of its targets.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "proto/envelope.h"
#include "proto/envelope_lists.h"
#include "proto/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* Reading every byte is what the sanitizers judge. */
static void touch(struct slice s)
{
	volatile char sink = 0;

	for (size_t i = 0; i < s.len; i++)
		sink = s.ptr[i];
	(void)sink;
}

static void check_name(const struct target *t)
{
	switch (t->kind) {
	case TARGET_ROOM:
		must(room_name_is_valid(t->name));
		break;
	case TARGET_USER:
		must(user_name_is_valid(t->name));
		break;
	case TARGET_CONNECTION:
	case TARGET_EXCEPT:
		must(t->name.len > 0 && t->name.len <= 64);
		touch(t->name);
		break;
	case TARGET_MESSAGE:
		must(false); /* a command's */
	}
}

static void check(const struct envelope *e)
{
	must(e->store.targets.count > 0);
	for (size_t i = 0; i < e->store.targets.count; i++)
		check_name(&e->store.targets.items[i]);
	touch(e->content);
	if (e->kind == CONTENT_TEXT)
		must(utf8_is_valid(e->content, NULL));
}

/* --- the same without reading it whole --- */

static bool is_in(const struct targets *list, const struct target *t)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].kind == t->kind &&
		    slice_eq(list->items[i].name, t->name))
			return true;
	return false;
}

/* Of the targets those that are in the list need not be found any more. */
static void cross_out(struct targets *left, const struct targets *list)
{
	for (size_t i = 0; i < left->count; i++)
		if (is_in(list, &left->items[i]))
			left->items[i].kind = TARGET_EXCEPT;
}

static void walk(struct slice payload, struct targets *left)
{
	static struct object_store store;
	struct envelope_lists lists;
	enum envelope_list step;

	if (!envelope_lists_begin(&lists, &store, payload))
		return;
	do {
		step = envelope_lists_next(&lists);
		if (step == ENVELOPE_LIST_FOUND)
			cross_out(left, &store.targets);
	} while (step == ENVELOPE_LIST_FOUND);
	for (size_t i = 0; step == ENVELOPE_LIST_NONE && i < left->count; i++)
		must(left->items[i].kind == TARGET_EXCEPT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct envelope e; /* reused, as the hub does */
	size_t offset = 0;
	struct slice payload = slice_of((const char *)data, size);
	enum envelope_reason reason = envelope_parse(&e, payload, &offset);

	must(reason < ENVELOPE_REASON_COUNT);
	must(offset <= size);
	if (reason == ENVELOPE_OK)
		check(&e);
	else
		e.store.targets.count = 0;
	walk(payload, &e.store.targets);
	return 0;
}
