/* conf_print: see conf_print.h. All of it comes from the rows. */
#include "conf/conf_print.h"

#include "conf/conf_rows.h"
#include "conf/schema.h"

void conf_dump(const struct conf *c, struct buf *out)
{
	schema_dump(conf_rows(), c, out);
}

void conf_dump_json(const struct conf *c, struct buf *out)
{
	schema_dump_json(conf_rows(), c, out);
}

static void put_environment(struct buf *out)
{
	buf_puts(out,
	    "\n"
	    "## The environment\n"
	    "\n"
	    "Any value may come from the environment, or a part of it; keys "
	    "may not. What a\nvariable holds is taken as it is: no variables "
	    "in it, no YAML.\n"
	    "\n"
	    "| spelling | becomes |\n"
	    "| --- | --- |\n"
	    "| `${NAME}` | the value of NAME. It is a mistake when NAME is not "
	    "set; set to nothing it is `\"\"`. |\n"
	    "| `${NAME:-DEFAULT}` | the default when NAME is unset or empty. "
	    "A default is plain text that the first `}` ends: a `$` or `{` in "
	    "it is a mistake. One other variable with a default of its own may "
	    "stand there, `${NAME:-${OTHER:-}}`. |\n"
	    "| `${NAME:-}` | as a whole value: unset or empty, its key is as "
	    "good as not written, and the default of the key counts. A map or "
	    "list of which nothing is left that way is not there either. |\n"
	    "| `- ${NAME[]}` | as a whole item of a list: one item for each "
	    "part of the value between commas, without the spaces and tabs "
	    "around it. A variable with nothing in it gives no items; a comma "
	    "with nothing on one side of it is a mistake. An item cannot hold "
	    "a comma. |\n"
	    "| `- ${NAME[]:-A,B}` | the same with a default, which may be "
	    "empty as above. |\n"
	    "| `$$` | a dollar. Only one before a `{` or a dollar needs it. "
	    "|\n"
	    "\n"
	    "Between `[` and `]` YAML needs quotes around them: "
	    "`[\"${NAME[]}\"]`. A mistake in a\nvalue that came from the "
	    "environment names the variables and does not show it.\n");
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
	    "values, with passwords and queries in URLs masked.\n"
	    "\n"
	    "- Sizes take `B`, `KiB`, `MiB` or `GiB`; a number without a unit "
	    "is bytes.\n"
	    "- Durations take `ms`, `s`, `m` or `h`; only `0` goes without a "
	    "unit.\n"
	    "- `${NAME}` in a value becomes the environment variable NAME, and\n"
	    "  `${NAME:-DEFAULT}` the default where that is unset or empty: see\n"
	    "  [below](#the-environment). `$$` is a dollar.\n"
	    "- Addresses to listen on are `HOST:PORT`, `[V6]:PORT`, `*:PORT` "
	    "or `unix:/PATH`.\n  Port 0 takes any that is free; the log says "
	    "which.\n"
	    "- Anchors, aliases, tags and second documents are refused, and "
	    "so is a key that\n  is given twice.\n"
	    "- **change**: what is `live` counts once the file has been read "
	    "again (SIGHUP,\n  [restarts](restarts.md#reload)); what says "
	    "`restart` from the next start on.\n"
	    "- A file has at most 1 MiB. A relative path in it goes by the "
	    "folder that the\n  file itself is in.\n");
	put_environment(out);
	schema_reference(conf_rows(), out);
}
