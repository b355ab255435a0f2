package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/quidnunc-news/quidnunc/producer/feed"
	"github.com/quidnunc-news/quidnunc/producer/fetch"
)

func newFeedsCheck(std streams) *cobra.Command {
	var how feedsConfig
	var asJSON bool
	c := &cobra.Command{
		Use:   "check URL|FILE…",
		Short: "Say what would be read from a feed, what is skipped, and why",
		Long: `Read each feed once and print its format, the items that would be read, those that were
salvaged from a broken feed, how articles are told apart (identity), and what is wrong
with it, by name:

  bad_encoding, guessed_encoding, wrong_encoding   mended: characters may be wrong
  illegal_chars, stray_markup                      mended
  entities_refused                                 the feed is read, its own entities are not
  truncated, malformed                             only the items that are whole are read
  broken_item, empty_item, too_deep                these items are skipped
  too_many_items, too_long                         what is beyond the limit is skipped
  bad_date, no_dates                               the items count as undated
  repeated_item                                    read once
  no_items                                         the feed is empty

Nothing is stored. The exit code is 1 when one of them cannot be read. '-' is standard input.`,
		Example: `  quidnunc feeds check https://example.org/rss.xml
  quidnunc feeds check --json saved/*.xml`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			client, err := how.client()
			if err != nil {
				return err
			}
			defer client.Close()
			return checkFeeds(c.Context(), std, client, args, asJSON)
		},
	}
	flagsOfClient(c, &how)
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	return c
}

func checkFeeds(ctx context.Context, std streams, client *fetch.Client, args []string, asJSON bool) error {
	failed := 0
	for _, arg := range args {
		var r checked
		if strings.Contains(arg, "://") {
			r = checkURL(ctx, client, arg)
		} else {
			r = checkFile(std.in, arg)
		}
		if r.Error != "" {
			failed++
		}
		if !asJSON {
			r.print(std.out)
			continue
		}
		if err := writeLines(std.out, []checked{r}); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d: %w", failed, len(args), errUnreadFeeds)
	}
	return nil
}

// checked is what a feed would give.
type checked struct {
	Feed     string              `json:"feed"`
	Moved    string              `json:"moved,omitempty"` // where it says it is, for good
	Format   string              `json:"format,omitempty"`
	Title    string              `json:"title,omitempty"`
	Site     string              `json:"site,omitempty"`
	Items    int                 `json:"items"`
	Salvaged int                 `json:"salvaged"`
	Dated    int                 `json:"dated"`
	Summary  int                 `json:"summaries"` // items that tell a summary only
	Newest   time.Time           `json:"newest,omitzero"`
	Identity feed.Policy         `json:"identity,omitempty"`
	Hub      string              `json:"hub,omitempty"`
	Warnings []feed.Warning      `json:"warnings"`
	Offers   []feed.Subscription `json:"offers,omitempty"` // feeds that a page offers
	Error    string              `json:"error,omitempty"`
	Reason   fetch.Reason        `json:"reason,omitempty"` // why it was not got
}

func checkURL(ctx context.Context, client *fetch.Client, url string) checked {
	r := checked{Feed: url, Warnings: []feed.Warning{}}
	got, err := client.Get(ctx, fetch.Request{URL: url})
	var refused *fetch.Refused
	switch {
	case errors.As(err, &refused):
		r.Error, r.Reason = refused.Err.Error(), refused.Reason
		return r
	case err != nil:
		r.Error = err.Error()
		return r
	case got.Status != 200:
		r.Error = fmt.Sprintf("status %d", got.Status)
		return r
	}
	r.Moved = got.Permanent
	return r.read(got.Body, got.Header.Get("Content-Type"), got.URL)
}

// maxFeedFile bounds what is read of a file.
const maxFeedFile = 64 << 20

func checkFile(stdin io.Reader, name string) checked {
	r := checked{Feed: name, Warnings: []feed.Warning{}}
	in := stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			r.Error = err.Error()
			return r
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	body, err := io.ReadAll(io.LimitReader(in, maxFeedFile))
	if err != nil {
		r.Error = err.Error()
		return r
	}
	return r.read(body, "", "")
}

func (r checked) read(body []byte, contentType, address string) checked {
	doc, err := feed.Parse(body, contentType)
	if doc.Warnings != nil {
		r.Warnings = doc.Warnings
	}
	if err != nil {
		r.Error = err.Error()
		r.Offers = feed.Discover(body, contentType, address)
		return r
	}
	doc = doc.Resolve(address)
	r.Format, r.Title, r.Site, r.Hub = doc.Format, doc.Title, doc.Link, doc.Hub
	r.Items, r.Salvaged = len(doc.Items), doc.Salvaged
	for _, i := range doc.Items {
		if !i.Published.IsZero() {
			r.Dated++
		}
		if i.Published.Start.After(r.Newest) {
			r.Newest = i.Published.Start
		}
		if i.Summary {
			r.Summary++
		}
	}
	if len(doc.Items) > 0 {
		r.Identity = feed.Detect(doc.Items)
	}
	return r
}

func (r checked) print(w io.Writer) {
	fmt.Fprintln(w, r.Feed)
	if r.Error != "" {
		fmt.Fprintf(w, "  not read  %s\n", strings.TrimSpace(string(r.Reason)+" "+r.Error))
		for _, o := range r.Offers {
			fmt.Fprintf(w, "  offers    %s  %s\n", o.URL, o.Title)
		}
	} else {
		fmt.Fprintf(w, "  format    %s  %s\n", r.Format, r.Title)
		fmt.Fprintf(w, "  items     %d read, %d of them salvaged, %d dated, %d with a summary only\n", r.Items, r.Salvaged, r.Dated, r.Summary)
		if r.Identity != "" {
			fmt.Fprintf(w, "  identity  %s\n", r.Identity)
		}
		if !r.Newest.IsZero() {
			fmt.Fprintf(w, "  newest    %s\n", r.Newest.UTC().Format(time.RFC3339))
		}
		if r.Moved != "" {
			fmt.Fprintf(w, "  moved     to %s\n", r.Moved)
		}
		if r.Hub != "" {
			fmt.Fprintf(w, "  hub       %s\n", r.Hub)
		}
	}
	for _, n := range r.Warnings {
		fmt.Fprintf(w, "  warning   %s ×%d: %s\n", n.Name, n.Count, n.Detail)
	}
}
