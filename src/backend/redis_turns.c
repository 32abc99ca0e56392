#include "backend/redis_turns.h"

#include "backend/redis_link.h"
#include "base/clock.h"
#include "proto/resp_items.h"

void redis_turns_init(
    struct redis_turns *t, struct redis_link *link, int64_t beat_ms)
{
	*t = (struct redis_turns){ .link = link, .beat_ms = beat_ms };
}

void redis_turns_begin(struct redis_turns *t, bool is_asking)
{
	t->role_ms = clock_ms();
	t->is_role_behind = false;
	t->is_asking = is_asking;
	t->awaits_asking = false;
}

bool redis_turns_is_due(const struct redis_turns *t)
{
	return clock_ms() - t->role_ms >= t->beat_ms &&
	       !redis_link_awaits_role(t->link);
}

static int ask_role(struct redis_turns *t)
{
	if (!redis_turns_is_due(t))
		return 0;
	t->role_ms = clock_ms();
	return redis_link_ask_role(t->link);
}

static int ask_asking(struct redis_turns *t)
{
	const struct slice command[] = { slice_str("ASKING") };

	t->awaits_asking = t->is_asking;
	return t->is_asking ? redis_link_send(t->link, command, 1) : 0;
}

int redis_turns_send(
    struct redis_turns *t, const struct slice *arguments, size_t count)
{
	int rc = ask_role(t);

	if (rc == 0)
		rc = ask_asking(t);
	return rc < 0 ? rc : redis_link_send(t->link, arguments, count);
}

/* A second question about the role is behind the command that is under way. */
static void take_role(struct redis_turns *t, const struct resp_part *part)
{
	if (redis_link_take_role(t->link, part))
		t->is_role_behind = true;
}

enum redis_turn redis_turns_take(
    struct redis_turns *t, const struct resp_part *part)
{
	if (redis_link_awaits_role(t->link) && !t->is_role_behind) {
		take_role(t, part);
		return REDIS_TURN_OTHER;
	}
	if (!t->awaits_asking)
		return REDIS_TURN_COMMAND;
	t->awaits_asking = false;
	return part->type == RESP_ERROR ? REDIS_TURN_REFUSED : REDIS_TURN_OTHER;
}

void redis_turns_end(struct redis_turns *t)
{
	t->is_role_behind = false;
}
