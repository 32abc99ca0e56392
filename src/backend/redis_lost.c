/* redis_lost: see the header. */
#include "backend/redis_lost.h"

#include "base/mem.h"
#include "core/lost_rooms.h"

enum { CHANNEL_MAX = 1024 };

struct lost {
	struct lost_rooms rooms; /* first */
	struct redis_slot_set slots;
	size_t prefix_len;
	char prefix[];
};

/* Of a channel that is too long to look at it may be so. */
static bool is_lost(const struct lost_rooms *rooms, struct slice room)
{
	const struct lost *l = (const struct lost *)rooms;
	char channel[CHANNEL_MAX];
	char *end;

	if (l->prefix_len + room.len > sizeof channel)
		return true;
	end = slice_put(slice_of(l->prefix, l->prefix_len), channel);
	end = slice_put(room, end);
	return redis_slot_set_has(&l->slots,
	    redis_slot_of(slice_of(channel, (size_t)(end - channel))));
}

struct lost_rooms *redis_lost_new(
    const struct redis_slot_set *slots, const char *room_prefix)
{
	const struct slice prefix = slice_str(room_prefix);
	struct lost *l = xmalloc(sizeof *l + prefix.len);

	l->rooms = (struct lost_rooms){ 1, is_lost };
	l->slots = *slots;
	l->prefix_len = prefix.len;
	(void)slice_put(prefix, l->prefix);
	return &l->rooms;
}
