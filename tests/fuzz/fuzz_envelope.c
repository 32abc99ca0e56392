/*
 * Any bytes as a payload of channels.send: what is accepted has valid names
 * and content that lies inside the payload or scratch.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "proto/envelope.h"
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct envelope e; /* reused, as the hub does */
	size_t offset = 0;
	enum envelope_reason reason =
	    envelope_parse(&e, slice_of((const char *)data, size), &offset);

	must(reason < ENVELOPE_REASON_COUNT);
	must(offset <= size);
	if (reason == ENVELOPE_OK)
		check(&e);
	return 0;
}
