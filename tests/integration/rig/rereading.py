"""Having a daemon read its configuration again."""

import signal

from .gateway import merged, write_conf

USED = r" info reload: all files are in use"
REFUSED = r" error reload: nothing has changed"


def reload(daemon, wanted=USED):
    """SIGHUP; what the log says up to the line that is wanted."""
    since = len(daemon.lines)
    daemon.signal(signal.SIGHUP)
    daemon.wait_log(wanted, since=since)
    return "\n".join(daemon.lines[since:])


def rewrite(daemon, sections):
    """Lay them over what stands in the daemon's file."""
    daemon.conf = merged(daemon.conf, sections)
    write_conf(daemon.conf_path, daemon.conf)


def change_quickly(daemon, **sections):
    """As change, where the log holds lines back: they are too many."""
    name = 'roomcast_config_reload_total{result="applied"}'
    before = daemon.metric(name)
    rewrite(daemon, sections)
    daemon.signal(signal.SIGHUP)
    daemon.wait_metric(name, before + 1, timeout=10)


def change(daemon, wanted=USED, **sections):
    """Lay sections over the daemon's configuration, and reload."""
    rewrite(daemon, sections)
    return reload(daemon, wanted)
