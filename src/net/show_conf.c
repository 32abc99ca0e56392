#include "net/show_conf.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "conf/conf.h"
#include "conf/conf_notes.h"
#include "conf/conf_print.h"
#include "conf/mistakes.h"
#include "net/shared.h"
#include "sys/arguments.h"

static void put_notes(struct slice notes, struct buf *out)
{
	while (notes.len > 0) {
		struct slice line = slice_cut(&notes, '\n');

		buf_printf(out, "note: %.*s\n", (int)line.len, line.ptr);
	}
}

/* Say what is wrong with the files that conf names; a word more to notes. */
static bool files_are_good(const struct conf *conf, struct buf *notes)
{
	struct mistakes problems = { 0 };
	struct buf out = { 0 };
	bool is_good;

	net_shared_check(conf, notes, &problems);
	is_good = problems.count == 0;
	mistakes_print(&problems, conf->file, &out);
	if (out.len > 0)
		(void)fwrite(out.data, 1, out.len, stderr);
	buf_fini(&out);
	mistakes_fini(&problems);
	return is_good;
}

int show_conf(const struct conf *conf, const struct arguments *a)
{
	struct buf out = { 0 }, notes = { 0 };

	conf_notes(conf, &notes);
	if (a->check && !files_are_good(conf, &notes)) {
		buf_fini(&notes);
		return ARGUMENTS_EXIT_USAGE;
	}
	if (a->dump) {
		conf_dump(conf, &out);
	} else {
		put_notes(buf_slice(&notes), &out);
		buf_printf(&out, "%s: the configuration is fine\n", a->file);
	}
	(void)fwrite(out.data, 1, out.len, stdout);
	buf_fini(&notes);
	buf_fini(&out);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
