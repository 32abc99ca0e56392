/*
 * filler: text that fills messages up as an app's JSON would, for what depends
 * on the content: names and words come again, ids and numbers do not.
 */
#ifndef BENCH_FILLER_H
#define BENCH_FILLER_H

#include "base/buf.h"

/*
 * Append so many bytes, the same in every run. They may stand in a JSON text:
 * single quotes take the place of double ones.
 */
void filler_put(struct buf *out, size_t size);

#endif
