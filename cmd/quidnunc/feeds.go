package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/quidnunc-news/quidnunc/producer/feed"
	"github.com/quidnunc-news/quidnunc/producer/fetch"
)

func newFeeds(std streams) *cobra.Command {
	c := group(&cobra.Command{
		Use:   "feeds",
		Short: "Check feeds, subscribe to them, import and export lists",
		Long: `Check what would be read from a feed, and keep a list of feeds in the log's data.
A configuration with the source

  sources:
  - subscribed: true

polls the feeds of the list. It is read when Quidnunc starts.`,
	})
	c.AddCommand(newFeedsCheck(std), newFeedsAdd(std), newFeedsRemove(std), newFeedsList(std), newFeedsImport(std), newFeedsExport(std))
	return c
}

// inBook opens the log, making it where there is none, and does something to the list of feeds.
func inBook(std streams, at *place, do func(ctx context.Context, b feedBook, args []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		h, err := at.make(c.Context(), std)
		if err != nil {
			return err
		}
		defer h.close()
		return do(c.Context(), feedBook{h.hub}, args)
	}
}

func newFeedsAdd(std streams) *cobra.Command {
	var at place
	var how feedsConfig
	var s feed.Subscription
	var unchecked bool
	c := &cobra.Command{
		Use:   "add URL…",
		Short: "Subscribe to feeds, or to the feed that a page offers",
		Long: `Get each address and subscribe to the feed that is there. Where it is a page that offers
one feed (<link rel=alternate>), that one is taken; where it offers several, they are
listed and nothing is done.`,
		Args: cobra.MinimumNArgs(1),
	}
	c.RunE = inBook(std, &at, func(ctx context.Context, b feedBook, urls []string) error {
		client, err := how.client()
		if err != nil {
			return err
		}
		defer client.Close()
		for _, url := range urls {
			found := feed.Subscription{URL: url}
			if !unchecked {
				if found, err = findFeed(ctx, client, url); err != nil {
					return err
				}
			}
			found.Title, found.Group = nameOr(s.Title, found.Title), s.Group
			if err := tellAdded(ctx, std.out, b, found); err != nil {
				return err
			}
		}
		return nil
	})
	at.flags(c.Flags())
	flagsOfClient(c, &how)
	c.Flags().StringVar(&s.Title, "title", "", "what to call it (default: as it calls itself)")
	c.Flags().StringVar(&s.Group, "folder", "", "where in an exported list it stands")
	c.Flags().BoolVar(&unchecked, "unchecked", false, "do not look whether there is a feed")
	return c
}

func flagsOfClient(c *cobra.Command, how *feedsConfig) {
	c.Flags().StringVar(&how.Contact, "contact", "", "how the publisher can reach you; part of the User-Agent")
	c.Flags().StringSliceVar(&how.Allow, "allow", nil, "address ranges that may be asked though they are not public")
}

func tellAdded(ctx context.Context, w io.Writer, b feedBook, s feed.Subscription) error {
	if _, err := feed.Canonical(s.URL); err != nil {
		return usagef("%q: %w", s.URL, err)
	}
	added, err := b.add(ctx, s)
	if err != nil {
		return fmt.Errorf("feed %s: %w", s.URL, err)
	}
	word := "added"
	if !added {
		word = "known"
	}
	fmt.Fprintf(w, "%s  %s  %s\n", word, s.URL, s.Title)
	return nil
}

// findFeed is the feed at an address, or the one that the page there offers.
func findFeed(ctx context.Context, client *fetch.Client, url string) (feed.Subscription, error) {
	r := checkURL(ctx, client, url)
	switch {
	case r.Error == "":
		return feed.Subscription{URL: url, Title: r.Title, Site: r.Site}, nil
	case len(r.Offers) == 1:
		return r.Offers[0], nil
	case len(r.Offers) > 1:
		list := ""
		for _, o := range r.Offers {
			list += "\n  " + o.URL + "  " + o.Title
		}
		return feed.Subscription{}, usagef("%s is a page that offers several feeds; add one of them:%s", url, list)
	}
	return feed.Subscription{}, fmt.Errorf("%s: %s", url, r.Error)
}

func newFeedsRemove(std streams) *cobra.Command {
	var at place
	c := &cobra.Command{
		Use: "remove URL…", Short: "Subscribe no longer; what is known of the feed is kept", Args: cobra.MinimumNArgs(1),
		RunE: inBook(std, &at, func(ctx context.Context, b feedBook, urls []string) error {
			for _, url := range urls {
				was, err := b.remove(ctx, url)
				if err != nil {
					return fmt.Errorf("feed %s: %w", url, err)
				}
				if !was {
					return usagef("%s is not subscribed to; 'quidnunc feeds list' shows what is", url)
				}
				fmt.Fprintf(std.out, "removed  %s\n", url)
			}
			return nil
		}),
	}
	at.flags(c.Flags())
	return c
}

// listed is a row of feeds list.
type listed struct {
	feed.Subscription
	Polled   time.Time   `json:"polled,omitzero"`
	Due      time.Time   `json:"due,omitzero"`
	Changed  time.Time   `json:"changed,omitzero"`
	Failures int         `json:"failures,omitempty"`
	Problem  string      `json:"problem,omitempty"`
	Gone     bool        `json:"gone,omitempty"`
	Format   string      `json:"format,omitempty"`
	Items    int         `json:"items,omitempty"`
	Address  string      `json:"address,omitempty"`
	Identity feed.Policy `json:"identity,omitempty"`
	Warnings []feed.Name `json:"warnings,omitempty"`
}

func newFeedsList(std streams) *cobra.Command {
	var at place
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "Show the feeds subscribed to, and how each fares", Args: cobra.NoArgs,
		RunE: inBook(std, &at, func(ctx context.Context, b feedBook, _ []string) error {
			rows, err := listFeeds(ctx, b)
			if err != nil {
				return err
			}
			if asJSON {
				return writeLines(std.out, rows)
			}
			w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
			for _, r := range rows {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.URL, r.Title, fares(r), r.Problem)
			}
			fmt.Fprintf(w, "%d feeds\n", len(rows))
			return w.Flush()
		}),
	}
	at.flags(c.Flags())
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	return c
}

func fares(l listed) string {
	switch {
	case l.Gone:
		return "gone"
	case l.Polled.IsZero():
		return "not polled yet"
	case l.Failures > 0:
		return fmt.Sprintf("failed %d times, next %s", l.Failures, l.Due.UTC().Format(time.RFC3339))
	}
	return fmt.Sprintf("%s, %d items, next %s", l.Format, l.Items, l.Due.UTC().Format(time.RFC3339))
}

func listFeeds(ctx context.Context, b feedBook) ([]listed, error) {
	all, err := b.list(ctx)
	if err != nil {
		return nil, err
	}
	rows := make([]listed, 0, len(all))
	for _, f := range all {
		s, _, err := b.state(ctx, f.URL)
		if err != nil {
			return nil, err
		}
		f.Title = nameOr(f.Title, s.Title)
		rows = append(rows, listed{
			Subscription: f, Polled: s.Polled, Due: s.Due, Changed: s.Changed, Failures: s.Failures, Problem: s.Problem, Gone: s.Gone,
			Format: s.Format, Items: s.Items, Address: s.Address, Identity: s.Identity, Warnings: s.Warnings,
		})
	}
	return rows, nil
}

func writeLines[T any](w io.Writer, rows []T) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, r := range rows {
		if err := e.Encode(r); err != nil {
			return err
		}
	}
	return nil
}

func newFeedsImport(std streams) *cobra.Command {
	var at place
	c := &cobra.Command{
		Use: "import FILE…", Short: "Subscribe to the feeds of OPML files", Args: cobra.MinimumNArgs(1),
		RunE: inBook(std, &at, func(ctx context.Context, b feedBook, files []string) error {
			added, known := 0, 0
			for _, file := range files {
				feeds, err := readOPML(file)
				if err != nil {
					return &usageError{err}
				}
				for _, f := range feeds {
					if _, err := feed.Canonical(f.URL); err != nil {
						fmt.Fprintf(std.err, "skipped  %s: %v\n", f.URL, err)
						continue
					}
					isNew, err := b.add(ctx, f)
					if err != nil {
						return fmt.Errorf("feed %s: %w", f.URL, err)
					}
					if isNew {
						added++
					} else {
						known++
					}
				}
			}
			fmt.Fprintf(std.out, "%d added, %d known before\n", added, known)
			return nil
		}),
	}
	at.flags(c.Flags())
	return c
}

func newFeedsExport(std streams) *cobra.Command {
	var at place
	c := &cobra.Command{
		Use: "export [FILE]", Short: "Write the feeds subscribed to as OPML", Args: cobra.MaximumNArgs(1),
		RunE: inBook(std, &at, func(ctx context.Context, b feedBook, files []string) error {
			all, err := b.list(ctx)
			if err != nil {
				return err
			}
			out, err := feed.WriteOPML(all)
			if err != nil {
				return err
			}
			if len(files) == 0 || files[0] == "-" {
				_, err = std.out.Write(out)
				return err
			}
			return os.WriteFile(files[0], out, 0o600)
		}),
	}
	at.flags(c.Flags())
	return c
}

var errUnreadFeeds = errors.New("not all could be read")
