package feed

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// parseJSON tries the feed as a whole, then what of its items is whole.
func (r *reader) parseJSON(b []byte) error {
	s, ok := r.sweepJSON(b)
	if !ok {
		return ErrNotFeed
	}
	switch {
	case s.cut:
		r.warn(Truncated, "it ends before its last }")
	case !json.Valid(b):
		r.warn(Malformed, "not JSON")
	default:
		r.linksJSON(b)
		f, err := foreign(b)
		if err == nil {
			r.take(f, false)
			return nil
		}
		r.warn(Malformed, "%v", err)
	}
	version := "https://jsonfeed.org/version/1.1"
	kept := 0
	for _, span := range s.items {
		f, err := foreign(fmt.Appendf(nil, `{"version":%q,"title":"","items":[%s]}`, version, b[span.start:span.end]))
		if err != nil {
			r.warn(BrokenItem, "%v", err)
			continue
		}
		if kept++; kept == 1 {
			r.take(f, true)
			continue
		}
		r.items(f.Items, true)
	}
	if kept == 0 {
		return ErrNotFeed
	}
	return nil
}

type sweptJSON struct {
	items []span
	cut   bool
}

// sweepJSON finds the objects in the outermost "items" and bounds the depth, in one pass. False: this is no feed, or a
// bomb.
func (r *reader) sweepJSON(b []byte) (s sweptJSON, ok bool) {
	var depth, begins int
	var inString, inItems, sawItems, sawVersion bool
	from, key := 0, ""
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case inString && c == '\\':
			i++
		case inString && c == '"':
			inString = false
			if depth == 1 {
				key = string(b[from:min(i, from+32)])
				sawVersion = sawVersion || key == "version"
			}
		case inString:
		case c == '"':
			inString, from = true, i+1
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				r.warn(TooDeep, "more than %d brackets in one another", maxDepth)
				return s, len(s.items) > 0
			}
			if depth == 2 && c == '[' && key == "items" {
				inItems, sawItems = true, true
			}
			if depth == 3 && inItems {
				begins = i
			}
		case c == '}' || c == ']':
			if depth == 3 && inItems && c == '}' && len(s.items) < maxItems {
				s.items = append(s.items, span{begins, i + 1})
			}
			if depth--; depth == 1 {
				inItems = false
			}
			if depth == 0 {
				return s, sawItems || sawVersion
			}
		}
	}
	s.cut = true
	return s, sawItems
}

// linksJSON finds the hub, which the library does not tell.
func (r *reader) linksJSON(b []byte) {
	var f struct {
		FeedURL string `json:"feed_url"`
		Hubs    []struct {
			URL string `json:"url"`
		} `json:"hubs"`
	}
	if json.NewDecoder(bytes.NewReader(b)).Decode(&f) != nil {
		return
	}
	r.doc.Self = f.FeedURL
	if len(f.Hubs) > 0 {
		r.doc.Hub = f.Hubs[0].URL
	}
}
