#include "core/aim.h"

#include <string.h>

enum { ALIGN = 8 };

_Static_assert(_Alignof(struct aim_room) <= ALIGN &&
		   sizeof(struct aim_room) % ALIGN == 0 &&
		   _Alignof(struct conn_ref) <= ALIGN,
    "the arrays stand one behind the other");

size_t aim_size(const struct aim *a)
{
	size_t size = a->room_count * sizeof(*a->rooms) +
		      a->connection_count * sizeof(*a->connections) +
		      a->except_count * sizeof(*a->excepts);

	for (uint32_t i = 0; i < a->room_count; i++)
		size += a->rooms[i].name.len;
	return (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

static char *put(char *out, const void *from, size_t size)
{
	if (size > 0)
		memcpy(out, from, size);
	return out + size;
}

char *aim_copy(struct aim *to, const struct aim *from, char *out)
{
	struct aim_room *rooms = (void *)out;
	char *end = out + aim_size(from);

	*to = *from;
	to->rooms = rooms;
	out = put(out, from->rooms, from->room_count * sizeof *rooms);
	to->connections = (const void *)out;
	out = put(out, from->connections,
	    from->connection_count * sizeof *from->connections);
	to->excepts = (const void *)out;
	out =
	    put(out, from->excepts, from->except_count * sizeof *from->excepts);
	for (uint32_t i = 0; i < to->room_count; i++) {
		rooms[i].name.ptr = out;
		out =
		    put(out, from->rooms[i].name.ptr, from->rooms[i].name.len);
	}
	return end;
}
