package extract

import (
	"encoding/json"
	"html"
	"strings"
)

// linked is the article that a page's JSON-LD describes.
type linked struct {
	Headline, Body, Description, Published, Modified, Language, Publisher string
}

// maxLinked bounds the things of one page's JSON-LD that are looked at, and how deep.
const maxLinked, maxLinkedDepth = 2000, 8

// linked finds the best article in the page's JSON-LD: the one with the longest text.
func (h *head) linked() linked {
	var best linked
	left := maxLinked
	for _, s := range h.scripts {
		var v any
		if err := json.Unmarshal([]byte(mend(s)), &v); err != nil {
			continue
		}
		walk(v, 0, &left, func(m map[string]any) {
			if !isArticle(m["@type"]) {
				return
			}
			a := article(m)
			switch {
			case best == (linked{}), len(a.Body) > len(best.Body):
				best = a
			}
		})
	}
	return best
}

// mend takes off what some pages wrap around their JSON, and the raw line ends that many leave inside of strings.
func mend(s string) string {
	s = strings.TrimSpace(s)
	for _, wrap := range []string{"<!--", "//<![CDATA[", "<![CDATA["} {
		s = strings.TrimPrefix(s, wrap)
	}
	for _, wrap := range []string{"-->", "//]]>", "]]>", ";"} {
		s = strings.TrimSuffix(s, wrap)
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, s)
}

// walk calls visit for each object; all of them together at most *left.
func walk(v any, depth int, left *int, visit func(map[string]any)) {
	if depth > maxLinkedDepth || *left <= 0 {
		return
	}
	*left--
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			walk(e, depth+1, left, visit)
		}
	case map[string]any:
		visit(v)
		for _, key := range []string{"@graph", "mainEntity", "mainEntityOfPage", "liveBlogUpdate", "hasPart"} {
			if e, ok := v[key]; ok {
				walk(e, depth+1, left, visit)
			}
		}
	}
}

func isArticle(kind any) bool {
	switch kind := kind.(type) {
	case string:
		kind = strings.TrimPrefix(strings.TrimPrefix(kind, "http://schema.org/"), "https://schema.org/")
		return strings.HasSuffix(kind, "Article") || kind == "BlogPosting" || kind == "LiveBlogPosting" || kind == "Report" ||
			kind == "SocialMediaPosting"
	case []any:
		for _, k := range kind {
			if isArticle(k) {
				return true
			}
		}
	}
	return false
}

func article(m map[string]any) linked {
	return linked{
		Headline: plain(firstOf(str(m["headline"]), str(m["name"]))), Body: paragraphs(str(m["articleBody"])),
		Description: plain(str(m["description"])), Published: firstOf(str(m["datePublished"]), str(m["dateCreated"])),
		Modified: str(m["dateModified"]), Language: str(m["inLanguage"]), Publisher: plain(str(m["publisher"])),
	}
}

// str is a string, the first of a list of them, or an object's name.
func str(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []any:
		if len(v) > 0 {
			if s, ok := v[0].(string); ok {
				return s
			}
			if m, ok := v[0].(map[string]any); ok {
				return nameOf(m)
			}
		}
	case map[string]any:
		return nameOf(v)
	}
	return ""
}

func nameOf(m map[string]any) string {
	for _, key := range []string{"name", "alternateName", "@value"} {
		if s, ok := m[key].(string); ok {
			return s
		}
	}
	return ""
}

// plain is one line without entities, which many pages leave in their JSON.
func plain(s string) string {
	return strings.Join(strings.Fields(html.UnescapeString(s)), " ")
}
