package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/quidnunc-news/quidnunc/consumer/notify"
	"github.com/quidnunc-news/quidnunc/pipeline/gazetteer"
	"github.com/quidnunc-news/quidnunc/pipeline/stream"
	"github.com/quidnunc-news/quidnunc/pipeline/wire"
)

func newTail(std streams) *cobra.Command {
	var at place
	var look look
	c := &cobra.Command{
		Use:   "tail [subject]",
		Short: "Follow events and alerts as they happen, a line each",
		Long: `Follow what a running instance says, one line a message, until interrupted.

The subject lies below the prefix; the default follows enriched events and alerts. '*' is
any one token, '>' all that follow:
  told.<what>.<who>.<whom>                 events as producers tell them
  event.<news|copy|history>.<what>.<who>.<whom>
  alert.<owner>.<rule>.<severity>
  report.<lang>.<publisher>                articles with their events`,
		Example: `  quidnunc tail
  quidnunc tail 'alert.>'
  quidnunc tail 'told.sanction.rus.*'`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			subjects := []string{"event.>", "alert.>"}
			if len(args) == 1 {
				subjects = args
			}
			style, err := look.style(std.out)
			if err != nil {
				return err
			}
			return tail(c.Context(), std, at, style, subjects)
		},
	}
	at.flags(c.Flags())
	look.flags(c.Flags())
	return c
}

// public are the first tokens of what anybody may hear.
var public = []string{wire.ToldKind, wire.EventKind, wire.AlertKind, wire.ReportKind}

func tail(ctx context.Context, std streams, at place, style notify.Style, subjects []string) error {
	for _, s := range subjects {
		if !slices.Contains(public, wire.Kind(s)) {
			return usagef("tail %q: want a subject that begins with %s, such as 'alert.>'", s, strings.Join(public, ", "))
		}
	}
	if err := at.running(); err != nil {
		return err
	}
	hub, done, err := at.attach(ctx, std)
	if err != nil {
		return err
	}
	defer done()
	messages := make(chan stream.Message)
	ended := make(chan error, len(subjects))
	listening, stop := context.WithCancel(ctx)
	defer stop()
	for _, s := range subjects {
		go func() {
			ended <- hub.Listen(listening, s, nil, func(m stream.Message) error {
				select {
				case messages <- m:
					return nil
				case <-listening.Done():
					return listening.Err()
				}
			})
		}()
	}
	for open := len(subjects); open > 0; {
		select {
		case m := <-messages:
			if _, err := fmt.Fprintln(std.out, line(m, style)); err != nil {
				return err
			}
		case err := <-ended:
			open--
			if err != nil && ctx.Err() == nil {
				return err
			}
		}
	}
	return nil
}

// running tells whether there is an instance to listen to.
func (p *place) running() error {
	if p.url != "" {
		return nil
	}
	dir, err := p.dir()
	if err != nil {
		return err
	}
	if c, err := stream.ReadCredential(dir); err != nil || c.URL == "" {
		return fmt.Errorf("nothing runs on %s: start 'quidnunc run' there, or name another directory with --data", dir)
	}
	return nil
}

// line is what tail shows of a message; one it cannot read it says so of.
func line(m stream.Message, style notify.Style) string {
	switch wire.Kind(m.Subject) {
	case wire.AlertKind:
		a, err := wire.DecodeAlert(m.Data)
		if err != nil {
			return m.Subject + ": " + err.Error()
		}
		return notify.RenderLine(a, style)
	case wire.ReportKind:
		r, err := wire.DecodeReport(m.Data)
		if err != nil {
			return m.Subject + ": " + err.Error()
		}
		return fmt.Sprintf("%s  %s  %d events  %s", r.At.UTC().Format(time.DateOnly), r.Article.Publisher, len(r.Events), nameOr(r.Article.Title, r.Article.Source, string(r.Article.ID)))
	}
	t, err := wire.DecodeTold(m.Data)
	if err != nil {
		return m.Subject + ": " + err.Error()
	}
	return notify.RenderEvent(t, style)
}

// look is how things are shown: the flags of all commands that show alerts.
type look struct{ tz, colour string }

func (l *look) flags(f interface {
	StringVar(p *string, name, value, usage string)
},
) {
	f.StringVar(&l.tz, "tz", "UTC", "time zone to show times in, such as Europe/Paris")
	f.StringVar(&l.colour, "color", "auto", "auto (on a terminal), always or never")
}

func (l *look) style(w io.Writer) (notify.Style, error) {
	tz, err := time.LoadLocation(l.tz)
	if err != nil {
		return notify.Style{}, usagef("--tz %q: %w. Use a name such as Europe/Paris", l.tz, err)
	}
	s := notify.Style{TZ: tz, Names: gazetteer.Default().Name}
	file, ok := w.(*os.File)
	terminal := ok && term.IsTerminal(int(file.Fd()))
	if terminal {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil {
			s.Width = width
		}
	}
	switch l.colour {
	case "auto":
		s.Colour = terminal && os.Getenv("NO_COLOR") == ""
	case "always":
		s.Colour = true
	case "never":
	default:
		return s, usagef("--color %q: want auto, always or never", l.colour)
	}
	return s, nil
}
