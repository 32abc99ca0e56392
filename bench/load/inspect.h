/*
 * inspect: what the process under test costs, seen from outside.
 */
#ifndef BENCH_INSPECT_H
#define BENCH_INSPECT_H

#include <stdint.h>
#include <sys/types.h>

struct inspect_memory {
	uint64_t rss;     /* bytes, shared pages included */
	uint64_t pss;     /* shared pages by their share */
	uint64_t private; /* only its own pages */
	uint64_t anon;    /* of rss: what no file backs: heap and stacks */
};

/*
 * CPU time of all threads of a process, those that ended included, in ns;
 * 0 when it is gone.
 */
uint64_t inspect_cpu_ns(pid_t pid);

/* Memory of a process; all 0 when it is gone or hides it. */
struct inspect_memory inspect_memory(pid_t pid);

#endif
