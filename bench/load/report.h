/*
 * report: the result of a run.
 */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "load.h"

/* Print one line of JSON on standard output. */
void report_print(const struct load *l);

#endif
