/*
 * log_levels: which lines are written: from which level on, for each part of
 * the gateway. Levels change while it runs.
 */
#ifndef BASE_LOG_LEVELS_H
#define BASE_LOG_LEVELS_H

#include <stdbool.h>

#include "base/slice.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum { LOG_LEVELS = LOG_ERROR + 1 };

/* Which part writes: the rows of log_component.def. */
enum log_component {
#define COMPONENT(id, name, text) LOG_##id,
#include "base/log_component.def"
#undef COMPONENT
	LOG_COMPONENTS
};

/* Whether a line of this part and level would be written. Any thread. */
bool log_is_on(enum log_component component, enum log_level level);

/*
 * The least level that a part writes: LOG_INFO at first. Lines that other
 * threads are about to write may go by the one before. Any thread.
 */
void log_set_level(enum log_component component, enum log_level level);
enum log_level log_level_of(enum log_component component);

/* As they stand in a line. */
const char *log_level_name(enum log_level level);
const char *log_component_name(enum log_component component);

/* By its name, or -1: there is none. */
int log_find_level(struct slice name);
int log_find_component(struct slice name);

#endif
