/* log_recent: see log_recent.h. */
#include "base/log_recent.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "base/clock.h"

/* A part of the logger's state; in the order of last_ms, the last one first. */
static struct {
	pthread_mutex_t lock;
	size_t count;
	struct log_recent items[LOG_RECENT_MAX];
} recent = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void copy(char *out, size_t max, struct slice text)
{
	size_t len = text.len < max ? text.len : max - 1;

	if (len > 0)
		memcpy(out, text.ptr, len);
	out[len] = '\0';
}

static bool is_same(const struct log_recent *a, const struct log_recent *b)
{
	return strcmp(a->message, b->message) == 0 &&
	       strcmp(a->component, b->component) == 0;
}

/* The place of the one that says the same, or of the one that goes for it. */
static size_t find_place(struct log_recent *line)
{
	size_t i = 0;

	while (i < recent.count && !is_same(&recent.items[i], line))
		i++;
	if (i < recent.count) {
		line->first_ms = recent.items[i].first_ms;
		line->count += recent.items[i].count;
		return i;
	}
	if (recent.count < LOG_RECENT_MAX)
		recent.count++;
	return recent.count - 1;
}

static void put_first(struct log_recent *line)
{
	size_t at = find_place(line);

	memmove(&recent.items[1], &recent.items[0], at * sizeof *line);
	recent.items[0] = *line;
}

void log_recent_note(enum log_level level, const char *component,
    const char *message, struct slice values, uint64_t count)
{
	int64_t now_ms = clock_wall_ms();
	struct log_recent line = {
		.level = level,
		.first_ms = now_ms,
		.last_ms = now_ms,
		.count = count,
	};

	copy(line.component, sizeof line.component, slice_str(component));
	copy(line.message, sizeof line.message, slice_str(message));
	copy(line.values, sizeof line.values, values);
	(void)pthread_mutex_lock(&recent.lock);
	put_first(&line);
	(void)pthread_mutex_unlock(&recent.lock);
}

size_t log_recent_copy(struct log_recent out[LOG_RECENT_MAX])
{
	size_t count;

	(void)pthread_mutex_lock(&recent.lock);
	count = recent.count;
	memcpy(out, recent.items, count * sizeof *out);
	(void)pthread_mutex_unlock(&recent.lock);
	return count;
}
