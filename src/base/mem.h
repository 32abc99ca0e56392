/*
 * mem: the two ways to get memory.
 *
 * x* for what the program needs to go on: failure aborts with a line on
 * standard error. try_* for what is sized by a peer: failure is NULL (or
 * -ENOMEM) and the caller gets rid of that peer. All of it goes back with
 * free().
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* Cost of a block besides its bytes: malloc's head and rounding. */
enum { MEM_BLOCK_COST = 16 };

/* Never NULL; a size of 0 gives a unique pointer. Any thread. */
void *xmalloc(size_t size) __attribute__((malloc));
void *xcalloc(size_t count, size_t size) __attribute__((malloc));
/* realloc to count * size bytes; aborts on overflow. */
void *xrealloc_array(void *old, size_t count, size_t size)
    __attribute__((warn_unused_result));
char *xstrdup(const char *text) __attribute__((malloc));
/* A NUL-terminated copy of the len bytes at p. */
char *xstrndup(const char *p, size_t len) __attribute__((malloc));

/* NULL on failure, errno set; the old block then stays valid. Any thread. */
void *try_alloc(size_t size) __attribute__((malloc, warn_unused_result));
void *try_realloc(void *old, size_t size) __attribute__((warn_unused_result));

/*
 * Give what malloc keeps back to the system, where it is glibc's: another one
 * that was preloaded or linked must not meet glibc's malloc_trim. May take some
 * milliseconds. Any thread, one at a time.
 */
void mem_trim(void);

#endif
