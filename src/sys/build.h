/*
 * build: what this program was built from.
 */
#ifndef SYS_BUILD_H
#define SYS_BUILD_H

/* The commit, by its first digits; "unknown" where the sources had none. */
const char *build_commit(void);

/*
 * What it can do, as words with a space between; the sanitizer that it was
 * built with is the last one.
 */
const char *build_features(void);

#endif
