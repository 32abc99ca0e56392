/*
 * Any bytes as a payload of channels.control: what is accepted names somebody,
 * has a code that an app may use, and a reason that fits a close frame.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "proto/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check(const struct control *c)
{
	size_t kinds[5] = { 0 };

	for (size_t i = 0; i < c->store.targets.count; i++)
		kinds[c->store.targets.items[i].kind]++;
	must(kinds[TARGET_EXCEPT] == 0);
	if (c->command == CONTROL_FORGET) {
		must(kinds[TARGET_USER] + kinds[TARGET_CONNECTION] == 0);
		must(c->store.targets.count > 0);
		must(c->store.targets.count <= CONTROL_FORGET_MAX);
		return;
	}
	must(kinds[TARGET_MESSAGE] == 0);
	if (c->command == CONTROL_DISCONNECT) {
		must(c->store.targets.count > 0);
		must(c->code == 1000 || (c->code >= 4000 && c->code <= 4999));
		must(c->reason.len <= CONTROL_REASON_MAX);
		must(utf8_is_valid(c->reason, NULL));
	} else {
		must(kinds[TARGET_ROOM] > 0);
		must(kinds[TARGET_USER] + kinds[TARGET_CONNECTION] > 0);
		must(c->reason.len == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct control c; /* reused, as the hub does */
	size_t offset = 0;
	enum envelope_reason reason =
	    control_parse(&c, slice_of((const char *)data, size), &offset);

	must(reason < ENVELOPE_REASON_COUNT);
	must(offset <= size);
	if (reason == ENVELOPE_OK)
		check(&c);
	return 0;
}
