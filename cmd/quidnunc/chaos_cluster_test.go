//go:build chaos

package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	sigstop = syscall.SIGSTOP
	sigcont = syscall.SIGCONT
)

// cluster is three NATS servers whose routes go through proxies, so that one can be cut off from the others.
type cluster struct {
	nodes  []*natsNode
	routes map[[2]int]*proxy // from, to
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	const n = 3
	var clients, routes [n]string
	for i := range n {
		clients[i], routes[i] = freeAddr(t), freeAddr(t)
	}
	c := &cluster{routes: map[[2]int]*proxy{}}
	for i := range n {
		var to []string
		for j := range n {
			if i == j {
				continue
			}
			p := newProxy(t, routes[j])
			c.routes[[2]int{i, j}] = p
			to = append(to, "nats-route://"+p.listener.Addr().String())
		}
		c.nodes = append(c.nodes, newNode(t, fmt.Sprintf("n%d", i+1), clients[i],
			fmt.Sprintf("cluster { name: c, listen: %s, no_advertise: true, pool_size: -1, routes: [%s] }\n", routes[i], strings.Join(to, ", "))))
	}
	for _, node := range c.nodes {
		node.start()
	}
	c.ready(t)
	return c
}

func (c *cluster) urls() string {
	var all []string
	for _, n := range c.nodes {
		all = append(all, n.url())
	}
	return strings.Join(all, ",")
}

// ready waits until the cluster has a leader that makes streams.
func (c *cluster) ready(t *testing.T) {
	t.Helper()
	nc, err := nats.Connect(c.urls(), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
		_, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "READY", Subjects: []string{"ready"}, Replicas: len(c.nodes)})
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("no cluster: %v\n%s", err, lastLines(c.nodes[0].out.String(), 20))
		}
	}
	if err := js.DeleteStream(t.Context(), "READY"); err != nil {
		t.Fatal(err)
	}
}

// part cuts a node off from the others.
func (c *cluster) part(node int) {
	for link, p := range c.routes {
		if link[0] == node || link[1] == node {
			p.part()
		}
	}
}

func (c *cluster) join() {
	for _, p := range c.routes {
		p.join()
	}
}

// onCluster is a stage with three replicas of everything and one of each role at work.
func onCluster(t *testing.T, rng *rand.Rand, articles int) (*stage, *cluster, *process) {
	t.Helper()
	s := newStage(t, rng, articles)
	s.slowDesk()
	c := newCluster(t)
	s.config = write(t, s.dir, "quidnunc.yaml", "sources:\n- archive: [articles.jsonl]\nrules: [rules.yaml]\nmetrics: {listen: 'off'}\nnats: {replicas: 3}\n")
	p := s.start(natsArgs("run", c.urls(), s.config, "--once", "--grace", "3m")...)
	s.until("the first deliveries", func() bool { return p.gone() || s.desk.count() > 2 })
	return s, c, p
}

func (s *stage) ends(p *process) {
	s.t.Helper()
	if code := p.ended(5 * time.Minute); code != exitOK {
		s.t.Fatalf("exit code %d\n%s", code, lastLines(p.out.String(), 30))
	}
}

// goesOn waits until something more is delivered, and says how long that took.
func (s *stage) goesOn(p *process) time.Duration {
	s.t.Helper()
	began, at := time.Now(), s.desk.count()
	for !p.gone() && s.desk.count() <= at {
		if time.Since(began) > time.Minute {
			s.t.Fatalf("deliveries do not go on within a minute\n%s", lastLines(p.out.String(), 40))
		}
		time.Sleep(10 * time.Millisecond)
	}
	return time.Since(began)
}

func nodesKilled(t *testing.T, rng *rand.Rand) account {
	s, c, p := onCluster(t, rng, 1500)
	var slowest time.Duration
	for i := range c.nodes {
		s.still(p)
		c.nodes[i].kill()
		slowest = max(slowest, s.goesOn(p))
		c.nodes[i].start()
		time.Sleep(2 * time.Second) // it catches up
	}
	s.ends(p)
	a := s.settle(c.urls())
	a.recovery = slowest
	return a
}

func twoNodesKilled(t *testing.T, rng *rand.Rand) account {
	s, c, p := onCluster(t, rng, 1500)
	s.still(p)
	first := rng.IntN(len(c.nodes))
	second := (first + 1) % len(c.nodes)
	c.nodes[first].kill()
	c.nodes[second].kill()
	time.Sleep(2 * time.Second)
	at := s.desk.count()
	time.Sleep(2 * time.Second)
	if now := s.desk.count(); now > at+1 && !p.gone() {
		t.Errorf("%d deliveries without a majority", now-at)
	}
	began := time.Now()
	c.nodes[first].start()
	c.nodes[second].start()
	s.goesOn(p)
	recovery := time.Since(began)
	s.ends(p)
	a := s.settle(c.urls())
	a.recovery = recovery
	return a
}

// nodeCutOff cuts each node off in its turn: one of them is the one that the program speaks to.
func nodeCutOff(t *testing.T, rng *rand.Rand) account {
	s, c, p := onCluster(t, rng, 2000)
	var slowest time.Duration
	for _, node := range rng.Perm(len(c.nodes)) {
		s.still(p)
		c.part(node)
		slowest = max(slowest, s.goesOn(p))
		time.Sleep(time.Second)
		slowest = max(slowest, s.goesOn(p))
		c.join()
		time.Sleep(2 * time.Second)
	}
	s.ends(p)
	a := s.settle(c.urls())
	a.recovery = slowest
	return a
}

// damageSnapshots writes other bytes over every chunk that is kept.
func damageSnapshots(t *testing.T, url string) {
	t.Helper()
	nc, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	store, err := js.ObjectStore(t.Context(), "quidnunc_SNAPSHOTS")
	if err != nil {
		t.Fatal(err)
	}
	all, err := store.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range all {
		if _, err := store.PutString(t.Context(), o.Name, "not what it was"); err != nil {
			t.Fatal(err)
		}
	}
}
