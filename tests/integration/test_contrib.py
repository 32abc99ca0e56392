"""The alerts and the dashboard that come with the gateway: every metric and
label that they name is there, every alert is explained, fires when it should,
and is quiet on a gateway that is well."""

import json
import re

import pytest
import yaml

from rig import exposition, promtool
from rig.gateway import ROOT
from rig.ports import free_port
from rig.promql import Known
from rig.tls import certificates, listen

pytestmark = pytest.mark.outside

ALERTS = ROOT / "contrib" / "prometheus" / "alerts.yaml"
DASHBOARD = ROOT / "contrib" / "grafana" / "roomcast.json"
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
RULES = yaml.safe_load(ALERTS.read_text())["groups"][0]["rules"]
PANELS = json.loads(DASHBOARD.read_text())["panels"]
DRAWN = [panel for panel in PANELS if panel["type"] != "row"]

REFUSED = 'roomcast_refused_total{status="503",reason="full"}'
CLOSED = "roomcast_closed_total"
RESUMED = "roomcast_resumes_total"
CERTIFICATE = "roomcast_listener_certificate_expiry_seconds"
CRL = "roomcast_tls_crl_expiry_seconds"


def buckets(name, slow, labels=""):
    """A histogram that gets 60 a minute: all within 1 ms, or in +Inf only."""
    comma = labels and labels + ","
    bounds = ["0.001", "0.1", "0.5", "1", "2", "2.5", "5", "+Inf"]
    return {
        f'{name}_bucket{{{comma}le="{bound}"}}': "0x60"
        if slow and bound != "+Inf"
        else "0+60x60"
        for bound in bounds
    }


# What makes each alert fire within an hour: {series: values of 61 minutes}.
BAD = {
    "RoomcastDown": {"up": "1 0x60"},
    "RoomcastRestarts": {"process_start_time_seconds": "1+1x60"},
    "RoomcastBackendDown": {"roomcast_backend_up": "0x60"},
    "RoomcastBackendFlaps": {
        'roomcast_source_lost_total{source="0",connection="stream",'
        'reason="closed"}': "0+1x60"
    },
    "RoomcastBackendSlow": buckets(
        "roomcast_source_heartbeat_round_trip_seconds", True, 'source="0"'
    ),
    "RoomcastBackendPaused": {"roomcast_backend_paused": "1x60"},
    "RoomcastStreamBehind": {"roomcast_stream_lag_seconds": "31x60"},
    "RoomcastOrderMismatch": {"roomcast_order_mismatches_total": "0x30 1x30"},
    "RoomcastRoomsRefused": {"roomcast_refused_rooms": "1x60"},
    "RoomcastPresenceDown": {
        "roomcast_presence_up": "0x60",
        "roomcast_presence_writes_total": "7x60",
    },
    "RoomcastEventsDown": {
        "roomcast_events_up": "0x60",
        "roomcast_events_waiting_bytes": "9x60",
    },
    "RoomcastEventsLost": {"roomcast_events_lost_total": "0x30 1x30"},
    "RoomcastNearlyFull": {
        "roomcast_connections": "95x60",
        "roomcast_connections_limit": "100x60",
    },
    "RoomcastFull": {REFUSED: "0x55 1x5"},
    "RoomcastFilesNearlyOut": {
        "process_open_fds": "95x60",
        "process_max_fds": "100x60",
    },
    "RoomcastAcceptPauses": {"roomcast_accept_pauses_total": "0x57 1x3"},
    "RoomcastQueuesNearlyFull": {
        "roomcast_queued_memory_bytes": "81x60",
        "roomcast_queued_memory_limit_bytes": "100x60",
    },
    "RoomcastQueuesFull": {
        CLOSED + '{reason="queue_memory",code="1013"}': "0x57 1x3"
    },
    "RoomcastDeliverySlow": buckets("roomcast_fanout_latency_seconds", True),
    "RoomcastWorkerSlow": {'roomcast_worker_lag_seconds{worker="0"}': "2x60"},
    "RoomcastReadersSlow": {
        CLOSED + '{reason="slow_consumer",code="1013"}': "0+1x60",
        "roomcast_connections": "50x60",
    },
    "RoomcastMessagesMissed": {
        RESUMED + '{outcome="gap",reason="old"}': "0+2x60",
        RESUMED + '{outcome="replayed",reason=""}': "0+8x60",
    },
    "RoomcastHandshakesSlow": buckets(
        "roomcast_handshake_duration_seconds", True, 'outcome="accepted"'
    ),
    "RoomcastHookFails": {
        'roomcast_hook_failures_total{reason="timeout"}': "0+1x60"
    },
    "RoomcastHookSlow": buckets("roomcast_hook_duration_seconds", True),
    "RoomcastKeysMissing": {
        'roomcast_jwks_keys{auth="idp"}': "0x60",
        'roomcast_jwks_keys{auth="other"}': "2x60",
    },
    "RoomcastKeysOld": {
        'roomcast_jwks_age_seconds{auth="idp"}': "600+60x60",
        'roomcast_jwks_keys{auth="idp"}': "2x60",
    },
    "RoomcastCertificateExpires": {
        CERTIFICATE + '{listener="*:443",certificate="/a.pem"}': "1000000x60",
        CERTIFICATE + '{listener="*:443",certificate="/b.pem"}': "9000000x60",
    },
    "RoomcastRevocationListExpires": {CRL: "100000x60"},
    "RoomcastReloadRefused": {"roomcast_config_reload_successful": "0x60"},
    "RoomcastRestartNeeded": {"roomcast_config_restart_needed": "2x60"},
    "RoomcastPayloadsDropped": {
        'roomcast_payloads_dropped_total{reason="json"}': "0x30 1x30"
    },
    "RoomcastPublishersRefused": {
        'roomcast_publishers_refused_total{reason="late"}': "0x30 1x30"
    },
    "RoomcastLogLinesDropped": {
        "roomcast_log_lines_dropped_total": "0x30 1x30"
    },
}

JWKS = {"type": "jwt", "algorithms": ["EdDSA"]}

# A gateway that is well, and used.
WELL = {
    "up": "1x60",
    "process_start_time_seconds": "1x60",
    "process_open_fds": "50x60",
    "process_max_fds": "100x60",
    "roomcast_backend_up": "1x60",
    "roomcast_backend_paused": "0x60",
    "roomcast_stream_lag_seconds": "0x60",
    "roomcast_order_mismatches_total": "0x60",
    "roomcast_refused_rooms": "0x60",
    "roomcast_connections": "50x60",
    "roomcast_connections_limit": "100x60",
    REFUSED: "0x60",
    'roomcast_refused_total{status="401",reason="token"}': "0+5x60",
    "roomcast_accept_pauses_total": "0x60",
    "roomcast_queued_memory_bytes": "10x60",
    "roomcast_queued_memory_limit_bytes": "100x60",
    CLOSED + '{reason="closed_by_peer",code="1000"}': "0+60x60",
    CLOSED + '{reason="slow_consumer",code="1013"}': "0x60",
    'roomcast_worker_lag_seconds{worker="0"}': "0.01x60",
    RESUMED + '{outcome="gap",reason="old"}': "0x60",
    RESUMED + '{outcome="at",reason=""}': "0+8x60",
    'roomcast_hook_failures_total{reason="timeout"}': "0x60",
    CERTIFICATE + '{listener="*:443",certificate="/a.pem"}': "9000000x60",
    CRL: "9000000x60",
    'roomcast_jwks_keys{auth="idp"}': "2x60",
    'roomcast_jwks_age_seconds{auth="idp"}': "300x60",
    "roomcast_config_reload_successful": "1x60",
    "roomcast_config_restart_needed": "0x60",
    'roomcast_payloads_dropped_total{reason="json"}': "0x60",
    'roomcast_publishers_refused_total{reason="late"}': "0x60",
    "roomcast_log_lines_dropped_total": "0x60",
    **buckets("roomcast_fanout_latency_seconds", False),
    **buckets(
        "roomcast_handshake_duration_seconds", False, 'outcome="accepted"'
    ),
    **buckets("roomcast_hook_duration_seconds", False),
    **buckets(
        "roomcast_source_heartbeat_round_trip_seconds", False, 'source="0"'
    ),
}


@pytest.fixture(scope="module")
def known():
    """What a gateway with Redis shows: other tests say that it is the table."""
    return {}


@pytest.fixture
def table(known, gateway, redis_server, certificates):
    if not known:
        # Nobody is there: it has metrics all the same.
        idp = {**JWKS, "jwks_url": f"http://127.0.0.1:{free_port()}/keys"}
        daemon = gateway(
            redis_server,
            listen=listen(certificates.first),
            auth={"idp": idp},
        )
        text = daemon.admin("/metrics")[1]
        known["table"] = Known(exposition.read(text))
    return known["table"]


def labelled(series):
    """A series of one instance of the job."""
    name, _, labels = series.partition("{")
    own = 'job="roomcast",instance="a:9180"'
    return f"{name}{{{own},{labels}" if labels else f"{name}{{{own}}}"


def case(series, firing):
    return {
        "interval": "1m",
        "input_series": [
            {"series": labelled(name), "values": values}
            for name, values in series.items()
        ],
        "promql_expr_test": [
            {
                "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
                "eval_time": "60m",
                "exp_samples": [
                    {"labels": f'{{alertname="{name}"}}', "value": 1}
                    for name in firing
                ],
            }
        ],
    }


def expressions():
    for rule in RULES:
        yield rule["expr"]
    for panel in DRAWN:
        for target in panel["targets"]:
            yield target["expr"]


def test_every_expression_names_what_is_there(table):
    for expression in expressions():
        table.check(expression)


def test_legends_and_summaries_name_labels(table):
    for rule in RULES:
        table.check_legend(rule["expr"], rule["annotations"]["summary"])
    for panel in DRAWN:
        for target in panel["targets"]:
            table.check_legend(target["expr"], target["legendFormat"])


def test_the_check_finds_what_is_not_there(table):
    for wrong in (
        "roomcast_nothing",
        'roomcast_refused_total{code="1"}',
        'roomcast_refused_total{reason="fool"}',
        "sum by (room) (roomcast_connections)",
    ):
        with pytest.raises(AssertionError):
            table.check(wrong)


def test_every_alert_is_explained():
    """Under a heading of its own, in three parts."""
    for rule in RULES:
        part = re.search(
            rf"^### {rule['alert']}\n(.*?)(?=^##|\Z)",
            OPERATIONS,
            re.MULTILINE | re.DOTALL,
        )
        assert part, rule["alert"]
        for word in ("**Means**", "**Look**", "**Do**"):
            assert word in part[1], rule["alert"]
    named = re.findall(r"^### (Roomcast\w+)$", OPERATIONS, re.MULTILINE)
    assert named == [rule["alert"] for rule in RULES]


def test_each_alert_is_whole():
    assert {rule["alert"] for rule in RULES} == set(BAD)
    for rule in RULES:
        assert rule["labels"]["severity"] in ("page", "ticket")


def test_panels_stand_beside_each_other():
    numbers = [panel["id"] for panel in PANELS]
    assert len(set(numbers)) == len(numbers)
    taken = set()
    for panel in PANELS:
        at = panel["gridPos"]
        assert panel["title"] and at["x"] + at["w"] <= 24
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells


@promtool.installed
def test_prometheus_takes_the_rules():
    assert f"{len(RULES)} rules found" in promtool.run(
        "check", "rules", str(ALERTS)
    )


@promtool.installed
def test_each_alert_fires_for_its_cause_and_else_none(tmp_path):
    cases = [case(WELL, [])] + [
        case({**WELL, **series}, [name]) for name, series in BAD.items()
    ]
    path = tmp_path / "alerts.yaml"
    path.write_text(
        yaml.safe_dump(
            {
                "rule_files": [str(ALERTS)],
                "evaluation_interval": "1m",
                "tests": cases,
            }
        )
    )
    promtool.run("test", "rules", str(path))


@promtool.installed
def test_prometheus_reads_what_panels_ask(tmp_path):
    """As rules, with Grafana's variables filled in."""
    variables = {"$__rate_interval": "5m", "$job": ".*", "$instance": ".*"}
    rules = []
    for i, expression in enumerate(expressions()):
        for name, value in variables.items():
            expression = expression.replace(name, value)
        rules.append({"record": f"panel:{i}", "expr": expression})
    path = tmp_path / "panels.yaml"
    path.write_text(
        yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]})
    )
    promtool.run("check", "rules", str(path))
