#include "base/log_levels.h"

#include <stdatomic.h>

/* Of the logger, which is the daemon's only global state. */
static _Atomic int levels[LOG_COMPONENTS] = {
#define COMPONENT(id, name, text) [LOG_##id] = LOG_INFO,
#include "base/log_component.def"
#undef COMPONENT
};

static const char *const level_names[] = { "debug", "info", "warn", "error" };

static const char *const component_names[] = {
#define COMPONENT(id, name, text) [LOG_##id] = name,
#include "base/log_component.def"
#undef COMPONENT
};

bool log_is_on(enum log_component component, enum log_level level)
{
	return (int)level >=
	       atomic_load_explicit(&levels[component], memory_order_relaxed);
}

void log_set_level(enum log_component component, enum log_level level)
{
	atomic_store(&levels[component], (int)level);
}

enum log_level log_level_of(enum log_component component)
{
	return (enum log_level)atomic_load(&levels[component]);
}

const char *log_level_name(enum log_level level)
{
	return level_names[level];
}

const char *log_component_name(enum log_component component)
{
	return component_names[component];
}

static int find(const char *const *names, int count, struct slice name)
{
	for (int i = 0; i < count; i++)
		if (slice_eq(name, slice_str(names[i])))
			return i;
	return -1;
}

int log_find_level(struct slice name)
{
	return find(level_names, LOG_LEVELS, name);
}

int log_find_component(struct slice name)
{
	return find(component_names, LOG_COMPONENTS, name);
}
