#include "core/command.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct command *command_new(const struct control *parsed,
    const struct aim *whom, const struct aim *where, uint32_t refs)
{
	size_t bytes = sizeof(struct command) + aim_size(whom) +
		       aim_size(where) + parsed->reason.len;
	struct command *c = try_alloc(bytes);
	char *out;

	if (!c)
		return NULL;
	*c = (struct command){
		.kind = parsed->command,
		.code = parsed->code,
		.bytes = bytes,
	};
	atomic_init(&c->refs, refs);
	out = aim_copy(&c->whom, whom, (char *)(c + 1));
	out = aim_copy(&c->where, where, out);
	if (parsed->reason.len > 0)
		memcpy(out, parsed->reason.ptr, parsed->reason.len);
	c->reason = slice_of(out, parsed->reason.len);
	return c;
}

void command_unref(struct command *c)
{
	if (c &&
	    atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) == 1)
		free(c);
}
