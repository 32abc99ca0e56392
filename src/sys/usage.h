/*
 * usage: what this process takes of the machine, as the system counts it.
 */
#ifndef SYS_USAGE_H
#define SYS_USAGE_H

#include <stddef.h>
#include <stdint.h>

struct usage {
	uint64_t cpu_ms;   /* of all threads, in user and system mode */
	uint64_t resident; /* bytes of memory; 0 where nobody tells */
	uint64_t virtual;
	size_t files; /* open ones */
	size_t files_max;
};

/* Before any look, so that descriptors may run out later. Boot. */
void usage_open(void);
void usage_close(void);

/*
 * Look now. Where the system cannot say how many files are open (Linux before
 * 6.2) they are counted, which takes as long as there are many: of so many,
 * those of clients, it is spared that, and they are added to what there was
 * besides when it was last counted. Main thread.
 */
struct usage usage_look(size_t clients);

/* Of that the memory alone, in bytes; 0 where nobody tells. Main thread. */
uint64_t usage_resident(void);

#endif
