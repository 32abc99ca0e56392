/*
 * command: a control command on its way to the workers.
 *
 * Made by the hub on the main thread, immutable from then on, shared by the
 * workers it is posted to; each of them holds one reference. It stands in the
 * same mailbox as the messages, so each worker meets both in the order in
 * which the hub read them. A worker that has carried out a join gives its
 * reference back to the hub (MAIL_COMMAND_DONE), which expects members in
 * the rooms until then.
 */
#ifndef CORE_COMMAND_H
#define CORE_COMMAND_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "core/aim.h"
#include "proto/control.h"

struct command {
	_Atomic uint32_t refs;
	enum control_command kind;
	uint16_t code;       /* of a disconnect */
	struct slice reason; /* of a disconnect; inside the command */
	uint64_t after; /* the position that it comes behind, as a message */
	struct aim whom;
	struct aim where; /* rooms of a join or a leave */
	size_t bytes;     /* of the whole allocation */
};

/*
 * A command as parsed, for these. Everything is copied. refs is how many
 * references the caller has (at least 1). NULL when memory is out.
 */
struct command *command_new(const struct control *parsed,
    const struct aim *whom, const struct aim *where, uint32_t refs);

/* Give one reference back; the last one frees. Any thread. NULL is fine. */
void command_unref(struct command *c);

#endif
