#include "core/mail.h"

#include <string.h>

#include "base/mem.h"

struct room_notice *room_notice_new(
    struct slice name, uint64_t hash, unsigned worker)
{
	struct room_notice *n = xmalloc(sizeof *n + name.len);

	n->hash = hash;
	n->worker = (uint16_t)worker;
	n->name_len = (uint16_t)name.len;
	memcpy(n->name, name.ptr, name.len);
	return n;
}
