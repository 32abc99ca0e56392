/* notes: see notes.h. */
#include "process/notes.h"

#include "base/buf.h"
#include "base/log.h"
#include "conf/conf_notes.h"

void notes_log(const struct conf *conf)
{
	struct buf notes = { 0 };
	struct slice left;

	conf_notes(conf, &notes);
	left = buf_slice(&notes);
	while (left.len > 0) {
		struct slice line = slice_cut(&left, '\n');

		log_warn(LOG_CONF, "note", kv_text("text", line));
	}
	buf_fini(&notes);
}
