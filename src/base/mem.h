/*
 * mem: the two ways to get memory, and how it is kept for the next who needs
 * it.
 *
 * x* for what the program needs to go on: failure aborts with a line on
 * standard error. try_* for what is sized by a peer: failure is NULL (or
 * -ENOMEM) and the caller gets rid of that peer. All of it goes back with
 * free().
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/sanitizer.h"

#if SANITIZER_ADDRESS
#include <sanitizer/asan_interface.h>
#endif

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

/* --- what is kept for the next who needs it --- */

/*
 * To the address sanitizer, what is used after it was given back is somebody
 * else's as soon as it is kept for others. In its builds pools keep nothing,
 * and what has to stay where it is rests: to touch it ends the process.
 * Elsewhere these are no instruction.
 */

/* Whether a pool that has room may keep what was given back; else free it. */
static inline bool mem_may_keep(bool has_room)
{
	return has_room && !SANITIZER_ADDRESS;
}

/* Nobody may touch these bytes, multiples of 8, until they are taken again. */
static inline void mem_rest(void *p, size_t size)
{
#if SANITIZER_ADDRESS
	__asan_poison_memory_region(p, size);
#else
	(void)p, (void)size;
#endif
}

static inline void mem_wake(void *p, size_t size)
{
#if SANITIZER_ADDRESS
	__asan_unpoison_memory_region(p, size);
#else
	(void)p, (void)size;
#endif
}

/* Whether the byte at p rests or is freed; false where none is watched. */
static inline bool mem_is_out_of_reach(const void *p)
{
#if SANITIZER_ADDRESS
	return __asan_address_is_poisoned(p) != 0;
#else
	(void)p;
	return false;
#endif
}

#endif
