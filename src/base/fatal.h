/*
 * fatal: the one way to end at once. For what cannot be gone on without: memory
 * that the program itself needs, an event that will never fire, a fault of our
 * own. Never for what a peer sent.
 */
#ifndef BASE_FATAL_H
#define BASE_FATAL_H

/*
 * Write an error line of this part of the gateway and what is wrong, as
 * base/log does, then abort. Allocates nothing. Any thread.
 */
_Noreturn void fatal(const char *component, const char *text);

#endif
