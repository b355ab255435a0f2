package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// variants are values under which everything in the chart is rendered at least once.
var variants = map[string]string{
	"as they are": "",
	"with everything": `
imagePullSecrets: [{name: registry}]
secretFiles: desk-secrets
serviceMonitor: {enabled: true, labels: {release: prometheus}}
autoscaling: {enabled: true}
networkPolicy: {enabled: true, metricsFrom: {matchLabels: {kubernetes.io/metadata.name: monitoring}}}
podAnnotations: {example.org/team: news}
nodeSelector: {kubernetes.io/arch: amd64}
tolerations: [{key: news, operator: Exists}]
affinity: {nodeAffinity: {}}
roles: {consume: {replicas: 3, args: [--deliver=false, --shard=0/2]}}
`,
	"with little": "broker: {caSecret: '', makeStreams: false}",
}

// render gives the chart's documents under values, which override its own.
func render(dir, values string) ([]string, error) {
	c, err := loader.Load(dir)
	if err != nil {
		return nil, err
	}
	return renderChart(c, values)
}

func renderChart(c *chart.Chart, values string) ([]string, error) {
	over, err := chartutil.ReadValues([]byte(values))
	if err != nil {
		return nil, err
	}
	c.Metadata.Dependencies = nil // another chart's values are its own business
	all, err := chartutil.ToRenderValues(c, over, chartutil.ReleaseOptions{Name: "news", Namespace: "news", IsInstall: true}, nil)
	if err != nil {
		return nil, err
	}
	files, err := engine.Engine{Strict: true}.Render(c, all)
	if err != nil {
		return nil, err
	}
	var documents []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !strings.HasSuffix(name, ".yaml") {
			continue
		}
		for d := range strings.SplitSeq("\n"+files[name], "\n---") {
			if strings.TrimSpace(d) != "" {
				documents = append(documents, d)
			}
		}
	}
	return documents, nil
}

// serviceMonitor and scaledObject are the parts of the Prometheus Operator's and KEDA's kinds that are used here; another key fails.
type serviceMonitor struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		JobLabel  string               `json:"jobLabel"`
		Selector  metav1.LabelSelector `json:"selector"`
		Endpoints []struct {
			Port          string `json:"port"`
			Interval      string `json:"interval"`
			ScrapeTimeout string `json:"scrapeTimeout"`
		} `json:"endpoints"`
	} `json:"spec"`
}

type scaledObject struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		ScaleTargetRef struct {
			Name string `json:"name"`
		} `json:"scaleTargetRef"`
		MinReplicaCount int32 `json:"minReplicaCount"`
		MaxReplicaCount int32 `json:"maxReplicaCount"`
		CooldownPeriod  int32 `json:"cooldownPeriod"`
		Triggers        []struct {
			Type     string            `json:"type"`
			Metadata map[string]string `json:"metadata"`
		} `json:"triggers"`
	} `json:"spec"`
}

// release is what a rendered chart holds.
type release struct {
	pods     map[string]corev1.PodTemplateSpec // by the kind and name of what makes them
	selects  map[string]map[string]string      // what must find pods, by kind and name
	configs  map[string]corev1.ConfigMap
	ports    map[string]bool // names of the pods' ports
	wants    []string        // names of ports that are asked for
	scales   []string
	problems []error
}

func (r *release) fault(format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf(format, args...))
}

// checkAll decodes every document by its kind, strictly, and looks whether they fit together.
func checkAll(documents []string, takes program) error {
	r := &release{pods: map[string]corev1.PodTemplateSpec{}, selects: map[string]map[string]string{}, configs: map[string]corev1.ConfigMap{}, ports: map[string]bool{}}
	for _, d := range documents {
		var kind metav1.TypeMeta
		if err := yaml.Unmarshal([]byte(d), &kind); err != nil {
			return fmt.Errorf("%w in\n%s", err, d)
		}
		if err := r.add(kind, []byte(d)); err != nil {
			return fmt.Errorf("%s: %w in\n%s", kind.Kind, err, d)
		}
	}
	r.together(takes)
	return errors.Join(r.problems...)
}

func (r *release) add(kind metav1.TypeMeta, body []byte) error {
	switch kind.APIVersion + " " + kind.Kind {
	case "apps/v1 Deployment":
		var d appsv1.Deployment
		if err := yaml.UnmarshalStrict(body, &d); err != nil {
			return err
		}
		r.pods["Deployment "+d.Name], r.selects["Deployment "+d.Name] = d.Spec.Template, d.Spec.Selector.MatchLabels
	case "batch/v1 Job":
		var j batchv1.Job
		if err := yaml.UnmarshalStrict(body, &j); err != nil {
			return err
		}
		r.pods["Job "+j.Name] = j.Spec.Template
	case "policy/v1 PodDisruptionBudget":
		var p policyv1.PodDisruptionBudget
		if err := yaml.UnmarshalStrict(body, &p); err != nil {
			return err
		}
		r.selects["PodDisruptionBudget "+p.Name] = p.Spec.Selector.MatchLabels
	case "v1 Service":
		var s corev1.Service
		if err := yaml.UnmarshalStrict(body, &s); err != nil {
			return err
		}
		r.selects["Service "+s.Name] = s.Spec.Selector
		for _, p := range s.Spec.Ports {
			r.wants = append(r.wants, p.TargetPort.StrVal)
		}
	case "v1 ConfigMap":
		var c corev1.ConfigMap
		if err := yaml.UnmarshalStrict(body, &c); err != nil {
			return err
		}
		r.configs[c.Name] = c
	case "networking.k8s.io/v1 NetworkPolicy":
		var n networkingv1.NetworkPolicy
		if err := yaml.UnmarshalStrict(body, &n); err != nil {
			return err
		}
		r.selects["NetworkPolicy "+n.Name] = n.Spec.PodSelector.MatchLabels
	case "monitoring.coreos.com/v1 ServiceMonitor":
		var m serviceMonitor
		if err := yaml.UnmarshalStrict(body, &m); err != nil {
			return err
		}
		for _, e := range m.Spec.Endpoints {
			r.wants = append(r.wants, e.Port)
		}
	case "keda.sh/v1alpha1 ScaledObject":
		var s scaledObject
		if err := yaml.UnmarshalStrict(body, &s); err != nil {
			return err
		}
		r.scales = append(r.scales, "Deployment "+s.Spec.ScaleTargetRef.Name)
	default:
		return fmt.Errorf("a kind that is not checked: %s %s", kind.APIVersion, kind.Kind)
	}
	return nil
}

// together looks whether what names something names something that is there.
func (r *release) together(takes program) {
	for of, pod := range r.pods {
		r.pod(of, pod.Spec, takes)
	}
	for of, selector := range r.selects {
		found := false
		for _, pod := range r.pods {
			found = found || contains(pod.Labels, selector)
		}
		if !found || len(selector) == 0 {
			r.fault("%s selects no pod: %v", of, selector)
		}
	}
	for _, port := range r.wants {
		if !r.ports[port] {
			r.fault("no pod has a port %q", port)
		}
	}
	for _, target := range r.scales {
		if _, ok := r.pods[target]; !ok {
			r.fault("%s is scaled and is not there", target)
		}
	}
}

func contains(labels, selector map[string]string) bool {
	for k, v := range selector {
		if labels[k] != v {
			return false
		}
	}
	return true
}

func (r *release) pod(of string, pod corev1.PodSpec, takes program) {
	volumes := map[string]bool{}
	for _, v := range pod.Volumes {
		volumes[v.Name] = true
		if v.ConfigMap != nil {
			if _, ok := r.configs[v.ConfigMap.Name]; !ok {
				r.fault("%s mounts the ConfigMap %s, which is not there", of, v.ConfigMap.Name)
			}
		}
	}
	for _, c := range pod.Containers {
		env := map[string]bool{}
		for _, e := range c.Env {
			env[e.Name] = true
		}
		for _, p := range c.Ports {
			r.ports[p.Name] = true
		}
		for _, m := range c.VolumeMounts {
			if !volumes[m.Name] {
				r.fault("%s mounts %s, which is no volume", of, m.Name)
			}
			delete(volumes, m.Name)
		}
		for _, a := range c.Args {
			if _, name, ok := strings.Cut(a, "$("); ok && !env[strings.TrimSuffix(name, ")")] {
				r.fault("%s: %s is not in its environment", of, a)
			}
		}
		if err := takes(c.Args); err != nil {
			r.fault("%s: %w", of, err)
		}
		if s := c.SecurityContext; s == nil || s.RunAsNonRoot == nil || !*s.RunAsNonRoot || s.ReadOnlyRootFilesystem == nil || !*s.ReadOnlyRootFilesystem {
			r.fault("%s may be root, or write where it should not", of)
		}
		if c.Resources.Requests.Cpu().IsZero() || c.Resources.Limits.Memory().IsZero() {
			r.fault("%s asks for no CPU, or has no bound of memory", of)
		}
		for _, p := range []*corev1.Probe{c.LivenessProbe, c.ReadinessProbe, c.StartupProbe} {
			if p != nil && !r.ports[p.HTTPGet.Port.StrVal] {
				r.fault("%s: a probe asks a port that is not there: %v", of, p.HTTPGet.Port)
			}
		}
	}
	for v := range volumes {
		r.fault("%s: the volume %s is mounted nowhere", of, v)
	}
}
