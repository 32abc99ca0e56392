/*
 * reload: SIGHUP. The files that the configuration names are read again:
 * certificates and their keys, keys of tokens, passwords. All of them count,
 * or none: with a broken one among them nothing changes. The configuration
 * itself is not read again.
 */
#ifndef NET_RELOAD_H
#define NET_RELOAD_H

struct conf;
struct hub;
struct net_shared;

/*
 * Read all files and use them, or log what is wrong with each that cannot be
 * used. Workers go on meanwhile. Main thread.
 */
void reload_files(
    struct net_shared *shared, const struct conf *conf, struct hub *hub);

#endif
