/* notes: what a configuration allows but may not mean, as the log has it. */
#ifndef PROCESS_NOTES_H
#define PROCESS_NOTES_H

struct conf;

/* Log a warning for each. */
void notes_log(const struct conf *conf);

#endif
