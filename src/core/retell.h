/*
 * retell: the app is told once more of all connections of a worker, as the
 * instance is called otherwise from now on: what it was called may have been
 * told of as gone, with all its connections. A page at a time, as there may be
 * many. The worker's thread.
 */
#ifndef CORE_RETELL_H
#define CORE_RETELL_H

#include <stdint.h>

struct worker;

/*
 * MAIL_RENAMED: its so manieth other name. What happens to connections is told
 * under that one at once; who is here, with the ticks to come.
 */
void retell_begin(struct worker *w, uint32_t renames);

/* Whenever the clock ticks. */
void retell_tick(struct worker *w);

#endif
