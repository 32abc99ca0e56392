/*
 * args: the words behind a command: options by a table, and operands.
 */
#ifndef CTL_ARGS_H
#define CTL_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "conf/quantity.h"

struct option {
	const char *name;  /* "--room" */
	const char *value; /* "NAME", for people; NULL: it takes none */
	const char *help;  /* lines of 46 columns or less, '\n' between them */
};

/* One option that was given, or one operand. Borrowed from argv. */
struct arg {
	const char *name; /* of the table; NULL: an operand */
	const char *value;
};

struct args {
	struct arg *items; /* owned; in their order */
	size_t count;
};

/*
 * Read count words by two tables, each of which ends with a name of NULL. A
 * value stands behind its option, or in the same word behind '='; behind "--"
 * all are operands, and "-" alone is one. 0 with a to be freed by args_fini; or
 * -EINVAL with e.
 */
int args_parse(struct args *a, const char *const *words, size_t count,
    const struct option *own, const struct option *common, struct err *e)
    __attribute__((warn_unused_result));
void args_fini(struct args *a);

/* The index-th value that was given by this name, or NULL. */
const char *args_nth(const struct args *a, const char *name, size_t index);
/* The last one. */
const char *args_text(const struct args *a, const char *name);
bool args_has(const struct args *a, const char *name);

/*
 * The value as a quantity of this kind, up to max; preset when it was not
 * given. -EINVAL with e, which names the option.
 */
int args_quantity(const struct args *a, const char *name, enum quantity kind,
    int64_t max, int64_t preset, int64_t *value, struct err *e)
    __attribute__((warn_unused_result));

/* The index-th operand, or NULL. */
const char *args_operand(const struct args *a, size_t index);

#endif
