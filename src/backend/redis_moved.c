#include "backend/redis_moved.h"

#include "backend/redis_find.h"

void redis_moved_init(struct redis_moved *m, struct redis_find *find,
    void (*fn)(void *arg), void *arg)
{
	*m = (struct redis_moved){ .find = find, .fn = fn, .arg = arg };
}

/* --- what is known of the name --- */

static bool is_among(const struct resolve_address *a,
    const struct resolve_address *addresses, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (resolve_is_same(a, &addresses[i]))
			return true;
	return false;
}

/* One that there is no place for does not prolong the wait. */
static void see(struct redis_moved *m, const struct resolve_address *a)
{
	if (m->seen_count < RESOLVE_MAX && !is_among(a, m->seen, m->seen_count))
		m->seen[m->seen_count++] = *a;
}

static void be_steady(struct redis_moved *m)
{
	m->flaps = false;
	m->present = 0;
	m->seen_count = 0;
	see(m, &m->in_use);
}

/* Beside the address in use, and what leads elsewhere now. */
static bool has_led_to_a_third(const struct redis_moved *m,
    const struct resolve_address *addresses, size_t count)
{
	for (size_t i = 0; i < m->seen_count; i++)
		if (!resolve_is_same(&m->seen[i], &m->in_use) &&
		    !is_among(&m->seen[i], addresses, count))
			return true;
	return false;
}

static size_t needed(const struct redis_moved *m)
{
	return m->flaps ? REDIS_MOVED_SHARE * m->seen_count
			: REDIS_MOVED_ANSWERS;
}

/* --- a connection --- */

/* Of another one nothing is known. */
static void note_name(struct redis_moved *m)
{
	const struct address *name = redis_find_address(m->find);

	if (address_is_same(name, &m->name))
		return;
	m->name = *name;
	m->flaps = false;
	m->absent = 0;
}

/* A new attempt that was led to where we were is an answer with it, too. */
void redis_moved_begin(
    struct redis_moved *m, const struct resolve_address *in_use)
{
	redis_moved_end(m);
	note_name(m);
	if (m->absent > 0 && resolve_is_same(in_use, &m->in_use))
		m->flaps = true;
	m->in_use = *in_use;
	m->absent = 0;
	m->present = 0;
	if (m->flaps)
		see(m, in_use);
	else
		be_steady(m);
}

void redis_moved_end(struct redis_moved *m)
{
	redis_find_abandon(m->query);
	m->query = NULL;
}

/* --- answers --- */

static void on_present(struct redis_moved *m)
{
	if (m->absent > 0)
		m->flaps = true;
	m->absent = 0;
	m->present++;
	if (m->present >= needed(m))
		be_steady(m);
}

static void on_absent(struct redis_moved *m,
    const struct resolve_address *addresses, size_t count)
{
	m->present = 0;
	m->absent++;
	for (size_t i = 0; i < count; i++)
		see(m, &addresses[i]);
	if (has_led_to_a_third(m, addresses, count))
		m->flaps = true;
	if (m->absent == needed(m))
		m->fn(m->arg);
}

static void on_found(void *arg, const struct resolve_address *addresses,
    size_t count, const struct redis_failure *why)
{
	struct redis_moved *m = arg;

	(void)why;
	m->query = NULL;
	if (count == 0)
		return;
	if (is_among(&m->in_use, addresses, count))
		on_present(m);
	else
		on_absent(m, addresses, count);
}

void redis_moved_ask(struct redis_moved *m)
{
	if (!m->query)
		m->query = redis_find_again(m->find, on_found, m);
}
