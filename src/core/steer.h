/*
 * steer: carry out a control command on the connections of a worker. Called
 * by the worker for what it finds in its mailbox.
 */
#ifndef CORE_STEER_H
#define CORE_STEER_H

#include <stddef.h>

struct command;
struct worker;

/*
 * Do it to all connections here that it is for. What names nobody, leaves a
 * room that one is not in, or joins one twice is normal and silent. Returns
 * how many connections were looked at.
 */
size_t steer(struct worker *w, const struct command *cmd);

#endif
