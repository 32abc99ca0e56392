/*
 * steer: carry out a control command on the connections of a worker. Called
 * by the worker for what it finds in its mailbox.
 */
#ifndef CORE_STEER_H
#define CORE_STEER_H

#include <stdbool.h>
#include <stddef.h>

struct command;
struct walk;
struct worker;

/*
 * Carry a command out on all connections here that it is for. To name nobody,
 * to leave a room that one is not in and to join one twice is normal and
 * silent. Goes on where walk stands (zero-initialised: at the beginning) and
 * adds what it does to *count, where 1 is what it takes to queue a reference.
 * False when *count has come to max before the end. One connection with all
 * rooms of the command is the least that is done.
 */
bool steer(struct worker *w, const struct command *cmd, struct walk *walk,
    size_t max, size_t *count);

#endif
