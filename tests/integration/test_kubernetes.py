"""contrib/kubernetes, as far as it goes without a cluster.

Not run here: whether a cluster takes the manifests, schedules the pods and
scales them. What is: that they are put together, have the fields that their
schemas know, and name nothing that the image and the gateway do not have.
"""

import copy
import os
import re
import shutil
import subprocess

import pytest
import yaml

from rig.gateway import BINARY, ROOT
from rig.schemas import kubernetes_mistakes
from rig.waiting import seconds

pytestmark = pytest.mark.outside

FOLDER = ROOT / "contrib" / "kubernetes"
PLAN = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
PARTS = {
    part["kind"]: part
    for name in PLAN["resources"]
    for part in yaml.safe_load_all((FOLDER / name).read_text())
}
POD = PARTS["Deployment"]["spec"]["template"]["spec"]
CONTAINER = POD["containers"][0]
IMAGE = (ROOT / "docker" / "roomcast.yaml").read_text()


def test_all_files_are_in_the_plan():
    files = {path.name for path in FOLDER.glob("*.yaml")}
    assert files == {*PLAN["resources"], "kustomization.yaml"}


def test_kubectl_puts_it_together():
    kubectl = shutil.which("kubectl")
    if not kubectl:
        pytest.skip("kubectl is missing: the plan is not put together")
    done = subprocess.run(
        [kubectl, "kustomize", FOLDER],
        capture_output=True,
        text=True,
        timeout=seconds(60),
    )
    assert done.returncode == 0, done.stderr
    made = {part["kind"]: part for part in yaml.safe_load_all(done.stdout)}
    assert set(made) == set(PARTS)
    for part in made.values():
        assert kubernetes_mistakes(part) == []
    label = {"app.kubernetes.io/name": "roomcast"}
    deployment = made["Deployment"]["spec"]
    assert deployment["template"]["metadata"]["labels"] == label
    assert deployment["selector"]["matchLabels"] == label
    budget = made["PodDisruptionBudget"]["spec"]
    assert budget["selector"]["matchLabels"] == label
    assert made["Service"]["spec"]["selector"] == label
    assert made["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == label


def planned(kind):
    """A part with the selector that a Deployment gets from the plan."""
    part = copy.deepcopy(PARTS[kind])
    if kind == "Deployment":
        labels = PLAN["labels"][0]
        assert labels["includeSelectors"]
        part["spec"]["selector"] = {"matchLabels": labels["pairs"]}
    return part


@pytest.mark.parametrize("kind", PARTS)
def test_its_fields_are_those_of_its_kind(kind):
    assert kubernetes_mistakes(planned(kind)) == []


WRONG = [
    ("Deployment", "spec.replica", 2, "$.spec: "),
    ("Deployment", "spec.template.spec.hostNetwork", "no", "$.spec.template."),
    ("Service", "spec.ports", {"port": 80}, "$.spec.ports: "),
    ("PodDisruptionBudget", "apiVersion", "policy/v1beta1", "$.apiVersion: "),
    ("HorizontalPodAutoscaler", "spec.maxReplicas", "10", "$.spec.maxReplicas: "),
    ("NetworkPolicy", "spec.policyTypes", "Ingress", "$.spec.policyTypes: "),
    ("ConfigMap", "data.WORKERS", 2, "$.data.WORKERS: "),
]


@pytest.mark.parametrize("kind, path, value, where", WRONG)
def test_a_wrong_field_is_seen(kind, path, value, where):
    """So that the schemas are known to bite."""
    part = node = planned(kind)
    *way, last = path.split(".")
    for name in way:
        node = node[name]
    node[last] = value
    (mistake,) = kubernetes_mistakes(part)
    assert mistake.startswith(where)


@pytest.mark.parametrize("kind", PARTS)
def test_a_part_without_its_version_is_seen(kind):
    part = planned(kind)
    del part["apiVersion"]
    assert kubernetes_mistakes(part) == ["$: 'apiVersion' is a required property"]


def dumped():
    env = PARTS["ConfigMap"]["data"]
    done = subprocess.run(
        [BINARY, "-c", ROOT / "docker" / "roomcast.yaml", "--dump-config"],
        capture_output=True,
        text=True,
        env={**os.environ, **env},
        timeout=seconds(10),
    )
    assert (done.returncode, done.stderr) == (0, "")
    return yaml.load(done.stdout, yaml.BaseLoader)


def test_the_variables_are_those_of_the_image():
    assert CONTAINER["envFrom"] == [{"configMapRef": {"name": "roomcast"}}]
    for name in PARTS["ConfigMap"]["data"]:
        assert f"${{{name}" in IMAGE
    assert dumped()["redis"]["url"] == "redis://redis:6379"


def test_the_ports_are_those_of_the_image():
    ports = {x["name"]: x["containerPort"] for x in CONTAINER["ports"]}
    conf = dumped()
    assert conf["listen"][0]["address"] == f"*:{ports['clients']}"
    assert conf["admin"]["listen"] == f"*:{ports['admin']}"
    assert PARTS["Service"]["spec"]["ports"][0]["targetPort"] in ports
    for rule in PARTS["NetworkPolicy"]["spec"]["ingress"]:
        assert {x["port"] for x in rule["ports"]} <= set(ports)


def test_the_probes_are_answered(gateway):
    """By the daemon: they need no token."""
    daemon = gateway()
    daemon.wait_ready()
    for probe in "livenessProbe", "readinessProbe":
        asked = CONTAINER[probe]["httpGet"]
        assert asked["port"] == "admin"
        assert daemon.admin(asked["path"])[0] == 200


def test_nobody_is_killed_while_clients_go():
    shutdown = dumped()["shutdown"]
    # By Kubernetes itself: the image has no programs but ours.
    sleep = CONTAINER["lifecycle"]["preStop"]["sleep"]["seconds"]
    needed = sleep + sum(
        int(shutdown[x].removesuffix("s")) for x in ("delay", "drain")
    )
    assert POD["terminationGracePeriodSeconds"] > needed


def test_the_user_is_the_images():
    dockerfile = (ROOT / "docker" / "Dockerfile").read_text()
    context = POD["securityContext"]
    user, group = context["runAsUser"], context["runAsGroup"]
    assert f"\nUSER {user}:{group}\n" in dockerfile


def test_it_scales_by_a_metric_that_there_is():
    spec = PARTS["HorizontalPodAutoscaler"]["spec"]
    name = spec["metrics"][0]["pods"]["metric"]["name"]
    metrics = (ROOT / "docs" / "metrics.md").read_text()
    assert re.search(rf"^\| `{name}` \| gauge \|", metrics, re.M)
    target = spec["scaleTargetRef"]
    assert target["kind"] == "Deployment"
    assert target["name"] == PARTS["Deployment"]["metadata"]["name"]
    # A disruption is only harmless with another one there.
    assert spec["minReplicas"] >= 2
