#include "core/aim.h"

#include <string.h>

enum { ALIGN = 8 };

_Static_assert(_Alignof(struct aim_room) <= ALIGN &&
		   sizeof(struct aim_room) % ALIGN == 0 &&
		   _Alignof(struct conn_ref) <= ALIGN,
    "the arrays stand one behind the other");

static size_t aligned(size_t size)
{
	return (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

static size_t names_size(const struct aim_room *names, uint32_t count)
{
	size_t size = 0;

	for (uint32_t i = 0; i < count; i++)
		size += names[i].name.len;
	return size;
}

size_t aim_size(const struct aim *a)
{
	size_t size = a->room_count * sizeof(*a->rooms) +
		      a->connection_count * sizeof(*a->connections) +
		      a->except_count * sizeof(*a->excepts) +
		      a->spared_count * sizeof(*a->spared) +
		      names_size(a->rooms, a->room_count) +
		      names_size(a->spared, a->spared_count);

	return aligned(size);
}

static char *put(char *out, const void *from, size_t size)
{
	if (size > 0)
		memcpy(out, from, size);
	return out + size;
}

/* The bytes of the names, at which these point from then on. */
static char *put_names(char *out, struct aim_room *names, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const char *from = names[i].name.ptr;

		names[i].name.ptr = out;
		out = put(out, from, names[i].name.len);
	}
	return out;
}

char *aim_copy(struct aim *to, const struct aim *from, char *out)
{
	char *start = out;
	struct aim_room *names = (void *)out;

	*to = *from;
	to->rooms = names;
	out = put(out, from->rooms, from->room_count * sizeof *names);
	to->spared = (void *)out;
	out = put(out, from->spared, from->spared_count * sizeof *names);
	to->connections = (const void *)out;
	out = put(out, from->connections,
	    from->connection_count * sizeof *from->connections);
	to->excepts = (const void *)out;
	out =
	    put(out, from->excepts, from->except_count * sizeof *from->excepts);
	out = put_names(out, names, from->room_count + from->spared_count);
	return start + aligned((size_t)(out - start));
}
