"""contrib/helm: the chart is the manifests of contrib/kubernetes, with values.

Not run here: whether a cluster takes it.
"""

import shutil
import subprocess

import pytest
import yaml

from rig.gateway import ROOT
from rig.schemas import kubernetes_mistakes
from rig.waiting import seconds
from test_kubernetes import CONTAINER, PARTS, POD

pytestmark = pytest.mark.outside

CHART = ROOT / "contrib" / "helm" / "roomcast"
VALUES = yaml.safe_load((CHART / "values.yaml").read_text())


def test_its_values_are_those_of_the_manifests():
    assert VALUES["env"] == PARTS["ConfigMap"]["data"]
    assert VALUES["resources"] == CONTAINER["resources"]
    name = "terminationGracePeriodSeconds"
    assert VALUES[name] == POD[name]


def test_it_has_the_version_of_the_daemon():
    makefile = (ROOT / "Makefile").read_text()
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert f"\nVERSION := {chart['appVersion']}\n" in makefile


def made(*options):
    helm = shutil.which("helm")
    if not helm:
        pytest.skip("helm is missing: the chart is not made")
    done = subprocess.run(
        # Of no cluster: a helm that is not told takes it to be an old one.
        [helm, "template", "push", CHART, "--kube-version=1.30", *options],
        capture_output=True,
        text=True,
        timeout=seconds(60),
    )
    assert done.returncode == 0, done.stderr
    parts = list(yaml.safe_load_all(done.stdout))
    for part in parts:
        assert kubernetes_mistakes(part) == []
    return {part["kind"]: part for part in parts}


def test_it_is_the_manifests():
    parts = made()
    assert set(parts) == set(PARTS)
    label = parts["Deployment"]["spec"]["selector"]["matchLabels"]
    assert label == parts["Service"]["spec"]["selector"]
    for kind in "PodDisruptionBudget", "NetworkPolicy":
        spec = parts[kind]["spec"]
        selector = spec.get("selector") or spec["podSelector"]
        assert selector["matchLabels"] == label
    pod = parts["Deployment"]["spec"]["template"]["spec"]
    for name in "livenessProbe", "readinessProbe", "lifecycle", "resources":
        assert pod["containers"][0][name] == CONTAINER[name]
    assert parts["ConfigMap"]["data"] == PARTS["ConfigMap"]["data"]
    scale = PARTS["HorizontalPodAutoscaler"]["spec"]
    scaled = parts["HorizontalPodAutoscaler"]["spec"]
    assert scaled["metrics"] == scale["metrics"]
    assert scaled["scaleTargetRef"]["name"] == "push"


def test_a_secret_is_mounted():
    pod = made("--set", "secret=s")["Deployment"]["spec"]["template"]["spec"]
    assert pod["volumes"][0]["secret"]["secretName"] == "s"
    assert pod["containers"][0]["volumeMounts"][0]["name"] == "secret"
