package consumer

import (
	"cmp"
	"errors"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/quidnunc-news/quidnunc/consumer/machine"
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
	"github.com/quidnunc-news/quidnunc/pipeline/telemetry"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

// metrics are what an engineer sees of a consumer. Every label is an enumeration.
type metrics struct {
	reports    *prometheus.CounterVec // fate
	events     *prometheus.CounterVec // what, standing
	alerts     *prometheus.CounterVec // severity, change
	suppressed *prometheus.CounterVec // reason
	pairs      *prometheus.CounterVec // who, whom
	stories    *prometheus.CounterVec // part
	owners     *prometheus.CounterVec // owner, severity
	stages     *prometheus.HistogramVec
	published  prometheus.Histogram // to alert
	seen       prometheus.Histogram // to alert
	lag        prometheus.Gauge
	behind     prometheus.Gauge
	rules      prometheus.Gauge
	reload     prometheus.Gauge
	position   prometheus.Gauge
	committedT prometheus.Gauge
	commits    prometheus.Counter
	leftOut    prometheus.Counter
	missing    prometheus.Counter
	leads      prometheus.Gauge
	fenced     prometheus.Counter
	saves      *prometheus.CounterVec // outcome
	savedAt    prometheus.Gauge
	savedSize  prometheus.Gauge
	memory     *prometheus.GaugeVec // of
	leftOutOf  *prometheus.GaugeVec // of

	knownPairs, knownOwners *telemetry.Cap

	beyond  uint64 // entries not read
	balance balance
}

// Bounds of labels. There are some 200 countries and bodies: those pairs that are told of most are told of first.
const (
	mostPairs  = 1000
	mostOwners = 100
)

// What became of snapshots.
const (
	saveDone     = "saved"
	saveFailed   = "failed"
	saveRestored = "restored"
	saveDamaged  = "damaged"
)

// newMetrics makes the metrics of a machine that holds the named shard of the rules.
func newMetrics(r prometheus.Registerer, shard string) (*metrics, error) {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
	}
	m := &metrics{
		reports:    counter("quidnunc_reports_total", "Entries of the log by what became of them: in = the sum of all fates.", "fate"),
		events:     counter("quidnunc_consumer_events_total", "Enriched events committed.", "what", "standing"),
		alerts:     counter("quidnunc_alerts_total", "Alert revisions committed.", "severity", "change"),
		suppressed: counter("quidnunc_consumer_suppressed_total", "Hits that became no alert.", "reason"),
		stages: prometheus.NewHistogramVec(telemetry.Duration("quidnunc_consumer_stage_seconds",
			"Time one entry takes in the machine, one batch to be committed, one version of the rules to be made ready, one snapshot while the machine stands still (picture)."), []string{"stage"}),
		published:  prometheus.NewHistogram(telemetry.Latency("quidnunc_published_to_alert_seconds", "From publication to the committed alert; live sources only.")),
		seen:       prometheus.NewHistogram(telemetry.Latency("quidnunc_seen_to_alert_seconds", "From the first sight of the article to the committed alert; live sources only.")),
		lag:        gauge("quidnunc_consumer_lag_messages", "Entries of the log beyond the checkpoint."),
		behind:     gauge("quidnunc_consumer_lag_seconds", "Age of the oldest entry that is read but not committed when its commit ended."),
		rules:      gauge("quidnunc_rules_loaded", "Rules in force."),
		reload:     gauge("quidnunc_rules_last_told_timestamp_seconds", "When the rules in force were told."),
		position:   gauge("quidnunc_checkpoint_sequence", "Sequence of the log that is committed."),
		committedT: gauge("quidnunc_checkpoint_timestamp_seconds", "When the last commit ended, or this machine was restored; its age is time() minus this."),
		commits:    prometheus.NewCounter(prometheus.CounterOpts{Name: "quidnunc_consumer_commits_total", Help: "Batches committed."}),
		missing:    prometheus.NewCounter(prometheus.CounterOpts{Name: "quidnunc_log_missing_messages_total", Help: "Messages of the log that are lost: holes met behind the checkpoint."}),
		leads: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "quidnunc_consumer_leads", Help: "1 while it is this machine's turn to commit, 0 while it stands by; shard: which part of the rules it holds, of how many.",
			ConstLabels: prometheus.Labels{"shard": shard},
		}),
		fenced: prometheus.NewCounter(prometheus.CounterOpts{Name: "quidnunc_consumer_fenced_total", Help: "Commits refused because another machine had committed."}),
		pairs: counter("quidnunc_consumer_who_whom_total",
			"Events of the news committed, by the codes of who and whom; none: not told. Pairs beyond the first thousand are __overflow__.", "who", "whom"),
		stories:     counter("quidnunc_consumer_stories_total", "Articles with events, by their part in their story: it begins one, continues one, or copies another's words.", "part"),
		owners:      counter("quidnunc_alerts_by_owner_total", "New alerts committed, by the owner of their rule. Owners beyond the first hundred are __overflow__.", "owner", "severity"),
		knownPairs:  telemetry.NewCap(mostPairs),
		knownOwners: telemetry.NewCap(mostOwners),
		memory: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "quidnunc_machine_entries", Help: "What the machine remembers, by kind; counted every few seconds.",
		}, []string{"of"}),
		leftOutOf: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "quidnunc_machine_left_out", Help: "What the machine left out for want of room, since its memory began: hits that came too late or found their window full, stories forgotten early.",
		}, []string{"of"}),
		balance:   newBalance(),
		saves:     counter("quidnunc_snapshots_total", "Snapshots of the machine by what became of them.", "outcome"),
		savedAt:   gauge("quidnunc_snapshot_sequence", "Sequence of the log of the last snapshot kept."),
		savedSize: gauge("quidnunc_snapshot_bytes", "Size of the last snapshot kept."),
		leftOut:   prometheus.NewCounter(prometheus.CounterOpts{Name: "quidnunc_rules_left_out_total", Help: "Versions of the rules with rules that this program does not understand."}),
	}
	for _, f := range append(machine.Fates(), Unreadable) {
		m.reports.WithLabelValues(string(f))
	}
	for _, p := range []string{storyBegins, storyContinues, storyCopies} {
		m.stories.WithLabelValues(p)
	}
	for _, s := range news.Severities() {
		m.alerts.WithLabelValues(string(s), string(news.New))
	}
	for _, reason := range machine.Reasons() {
		m.suppressed.WithLabelValues(string(reason))
	}
	for _, outcome := range []string{saveDone, saveFailed, saveRestored, saveDamaged} {
		m.saves.WithLabelValues(outcome)
	}
	if r == nil {
		return m, nil
	}
	var errs []error
	for _, c := range []prometheus.Collector{
		m.reports, m.events, m.alerts, m.suppressed, m.stages, m.published, m.seen, m.lag, m.behind, m.rules, m.reload, m.position, m.committedT, m.commits, m.leftOut, m.missing,
		m.leads, m.fenced, m.saves, m.savedAt, m.savedSize, m.pairs, m.stories, m.owners, m.memory, m.leftOutOf,
		m.balance.taken, m.balance.passed, m.balance.waiting, m.balance.off,
	} {
		errs = append(errs, r.Register(c))
	}
	return m, errors.Join(errs...)
}

// restored notes a checkpoint that this machine did not write itself in this life, with n entries beyond it stepped.
func (m *metrics) restored(c wire.Checkpoint, n int, now time.Time) {
	m.position.Set(float64(c.Sequence))
	m.committedT.Set(float64(now.UnixNano()) / 1e9)
	m.lagging(m.beyond, n)
}

// lagging notes how many entries are not read and how many are stepped but not committed.
func (m *metrics) lagging(beyond uint64, waiting int) {
	m.beyond = beyond
	m.lag.Set(float64(beyond) + float64(waiting))
}

func (m *metrics) lead(leads bool) {
	if leads {
		m.leads.Set(1)
		return
	}
	m.leads.Set(0)
}

func (m *metrics) saved(sequence uint64, size int) {
	m.saves.WithLabelValues(saveDone).Inc()
	m.savedAt.Set(float64(sequence))
	m.savedSize.Set(float64(size))
}

func (m *metrics) compiled(n int, took time.Duration) {
	m.rules.Set(float64(n))
	m.stages.WithLabelValues("compile").Observe(took.Seconds())
}

func (m *metrics) stepped(took time.Duration) {
	m.stages.WithLabelValues("step").Observe(took.Seconds())
}

func (m *metrics) committed(b *batch, waiting int, began, now time.Time) {
	m.commits.Inc()
	m.stages.WithLabelValues("commit").Observe(now.Sub(began).Seconds())
	m.position.Set(float64(b.next.Sequence))
	m.committedT.Set(float64(now.UnixNano()) / 1e9)
	m.lagging(m.beyond, waiting)
	m.behind.Set(age(now, b.oldest).Seconds())
	for _, e := range b.complete {
		m.reports.WithLabelValues(string(e.fate)).Inc()
		for _, o := range e.outputs[:min(1, len(e.outputs))] { // an entry's events come first, and share its story
			if o.event.part != "" {
				m.stories.WithLabelValues(o.event.part).Inc()
			}
		}
		for _, s := range e.suppressed {
			m.suppressed.WithLabelValues(string(s.Reason)).Inc()
		}
	}
	m.balance.end(len(b.complete), 0, waiting)
	for _, o := range b.said {
		if o.alert != nil {
			m.alert(*o.alert, now)
			continue
		}
		m.event(o.event)
	}
}

func (m *metrics) event(e toldEvent) {
	m.events.WithLabelValues(what(e.what), string(e.standing)).Inc()
	if e.standing == news.News {
		m.pairs.WithLabelValues(m.pair(e)).Inc()
	}
}

// pair is the labels of who and whom: both their codes, or both the overflow.
func (m *metrics) pair(e toldEvent) (who, whom string) {
	who, whom, ok := strings.Cut(m.knownPairs.Label(cmp.Or(e.who, nobody)+" "+cmp.Or(e.whom, nobody)), " ")
	if !ok {
		return telemetry.Overflow, telemetry.Overflow
	}
	return who, whom
}

// nobody stands for what is not told.
const nobody = "none"

// What an article is to its story.
const (
	storyBegins    = "begins"
	storyContinues = "continues"
	storyCopies    = "copies"
)

// storyPart is the part of an article in its story.
func storyPart(s *news.Story) string {
	switch {
	case s == nil:
		return ""
	case s.CopyOf != "":
		return storyCopies
	case s.Articles > 1:
		return storyContinues
	}
	return storyBegins
}

// sized notes how much the machine remembers.
func (m *metrics) sized(s machine.Size) {
	for of, n := range map[string]int{
		"articles": s.Articles, "alerts": s.Alerts, "window_entries": s.WindowEntries, "stories": s.Stories.Stories,
		"story_articles": s.Stories.Articles, "terms": s.Stories.Terms, "publishers": s.Stories.Publishers, "deeds": s.Stories.Deeds,
	} {
		m.memory.WithLabelValues(of).Set(float64(n))
	}
	m.leftOutOf.WithLabelValues("late_hits").Set(float64(s.Late))
	m.leftOutOf.WithLabelValues("dropped_hits").Set(float64(s.Dropped))
	m.leftOutOf.WithLabelValues("stories").Set(float64(s.Stories.Evicted))
}

// what keeps the label bounded: the types of a foreign coder that PLOVER does not know are one.
func what(t plover.Type) string {
	if t.Known() {
		return string(t)
	}
	return "other"
}

func (m *metrics) alert(a news.Alert, now time.Time) {
	m.alerts.WithLabelValues(string(a.Severity), string(a.Change)).Inc()
	if a.Change == news.New {
		m.owners.WithLabelValues(m.knownOwners.Label(cmp.Or(a.Owner, nobody)), string(a.Severity)).Inc()
	}
	if a.Change != news.New || a.Origin != news.Live && a.Origin != news.Push {
		return
	}
	m.seen.Observe(age(now, a.Article.Seen).Seconds())
	if p := a.Article.Published; !p.IsZero() && p.Grain == news.Instant {
		m.published.Observe(age(now, p.Start).Seconds())
	}
}
