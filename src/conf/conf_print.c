/* conf_print: see conf_print.h. All of it comes from the rows. */
#include "conf/conf_print.h"

#include "conf/conf_rows.h"
#include "conf/schema.h"

void conf_dump(const struct conf *c, struct buf *out)
{
	schema_dump(conf_rows(), c, out);
}

void conf_reference(struct buf *out)
{
	buf_puts(out,
	    "# Configuration\n"
	    "\n"
	    "One YAML file. It is checked whole before anything starts: every "
	    "mistake is\nreported, as "
	    "`FILE:LINE:COLUMN: path.of.key: what is wrong`, and the exit "
	    "status\nis 2. `roomcast --check-config -c FILE` only checks, and "
	    "prints notes on\nwhat is allowed but may not be meant, which "
	    "the log has at the start; `--dump-config`\nprints the effective "
	    "values, with passwords masked.\n"
	    "\n"
	    "- Sizes take `B`, `KiB`, `MiB` or `GiB`; a number without a unit "
	    "is bytes.\n"
	    "- Durations take `ms`, `s`, `m` or `h`; only `0` goes without a "
	    "unit.\n"
	    "- `${NAME}` in a value becomes the environment variable NAME; it "
	    "is a mistake\n  when that is not set. `$$` is a dollar.\n"
	    "- Addresses to listen on are `HOST:PORT`, `[V6]:PORT`, `*:PORT` "
	    "or `unix:/PATH`.\n  Port 0 takes any that is free; the log says "
	    "which.\n"
	    "- Anchors, aliases, tags and second documents are refused, and "
	    "so is a key that\n  is given twice.\n"
	    "- A file has at most 1 MiB. A relative path in it goes by the "
	    "folder that the\n  file itself is in.\n");
	schema_reference(conf_rows(), out);
}
