/*
 * threads: those of the workers, where there are several. Main thread.
 */
#ifndef PROCESS_THREADS_H
#define PROCESS_THREADS_H

#include <pthread.h>

struct worker;

/*
 * Start one thread for each worker, named worker-INDEX as top, perf and a
 * debugger show it. Signals are the main thread's: the others have all of them
 * blocked. Exits with a log line when one cannot be started: some run by then,
 * and there is no orderly way back.
 */
void threads_start(
    struct worker *const *workers, unsigned count, pthread_t *threads);

/* Wait until all of them have ended. */
void threads_join(const pthread_t *threads, unsigned count);

#endif
