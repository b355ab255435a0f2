package feed

import (
	"errors"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/idna"
)

const maxURL = 4 << 10

// tracking are the parameters that say how a reader came, and nothing of what is read.
var tracking = regexp.MustCompile(`(?i)^(utm_.+|fbclid|gclid|dclid|msclkid|yclid|twclid|gbraid|wbraid|mc_[ce]id|at_(medium|campaign|link.*|format|ptr_name|bbc_team|custom\d|type)|xtor|ns_(mchannel|source|campaign|linkname|fee)|cmpid|ocid|smid|smtyp|ito|icid|igshid|ref_src|ref_url|spm|_ga|_gl|mkt_tok|vero_id|ncid|s_cid|wt\.(mc|rss).*|xtref|mbid|echobox|guccounter)$`)

var (
	errAddress = errors.New("no http address")
	ampCache   = regexp.MustCompile(`^/[cvi]/(s/)?([^/]+)(/.*)?$`)
	googleAMP  = regexp.MustCompile(`^/amp/(s/)?([^/]+)(/.*)?$`)
)

// Canonical is the address that stands for all addresses of the same article: scheme and host in lower case, no default
// port, no user, no fragment, no tracking parameters, not the AMP copy. Canonical(Canonical(x)) == Canonical(x).
func Canonical(address string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || len(address) > maxURL || u.Host == "" || u.Opaque != "" {
		return "", errAddress
	}
	u.Scheme = strings.ToLower(u.Scheme)
	if u.Scheme != "http" && u.Scheme != "https" {
		return "", errAddress
	}
	if u.Host, err = host(u); err != nil {
		return "", err
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	for range 4 { // a copy of a copy
		if !unwrap(u) {
			break
		}
	}
	u.RawQuery = strip(u.RawQuery)
	u.ForceQuery = false
	if u.Path == "" {
		u.Path, u.RawPath = "/", ""
	}
	out := u.String()
	if len(out) > maxURL {
		return "", errAddress
	}
	return out, nil
}

func host(u *url.URL) (string, error) {
	name := strings.TrimRight(strings.ToLower(strings.ToValidUTF8(u.Hostname(), "\uFFFD")), ".")
	if name == "" {
		return "", errAddress
	}
	if a, err := netip.ParseAddr(name); err == nil {
		name = a.String()
		if a.Is6() {
			name = "[" + name + "]"
		}
	} else if strings.Contains(u.Host, "[") {
		return "", errAddress
	} else if plain, err := idna.Lookup.ToASCII(name); err == nil {
		name = plain
	}
	if strings.ContainsAny(name, " <>\"%/\\") {
		return "", errAddress
	}
	if p := u.Port(); p != "" && (u.Scheme != "http" || p != "80") && (u.Scheme != "https" || p != "443") {
		name += ":" + p
	}
	return name, nil
}

// unwrap turns the address of an AMP copy into that of the article.
func unwrap(u *url.URL) bool {
	form := (*regexp.Regexp)(nil)
	switch {
	case strings.HasSuffix(u.Host, ".cdn.ampproject.org"):
		form = ampCache
	case u.Host == "www.google.com" || u.Host == "google.com":
		form = googleAMP
	}
	if form != nil {
		m := form.FindStringSubmatch(u.Path)
		if m == nil {
			return false
		}
		inner := url.URL{Scheme: "http", Host: strings.ToLower(m[2])}
		if m[1] != "" {
			inner.Scheme = "https"
		}
		h, err := host(&inner)
		if err != nil {
			return false
		}
		u.Scheme, u.Host, u.Path, u.RawPath = inner.Scheme, h, or(m[3], "/"), ""
		return true
	}
	before := u.Path
	u.Path = strings.TrimSuffix(u.Path, "/")
	for _, end := range []string{"/amp", ".amp"} {
		if p, ok := strings.CutSuffix(u.Path, end); ok && p != "" {
			u.Path, u.RawPath = p, ""
			return true
		}
	}
	if p, ok := strings.CutSuffix(u.Path, ".amp.html"); ok && p != "" && !strings.HasSuffix(p, "/") {
		u.Path, u.RawPath = p+".html", ""
		return true
	}
	u.Path = before
	return false
}

// strip takes the tracking parameters out of a query and leaves the others as they are.
func strip(query string) string {
	if query == "" {
		return ""
	}
	parts := strings.Split(query, "&")
	parts = slices.DeleteFunc(parts, func(p string) bool {
		key, value, _ := strings.Cut(p, "=")
		if k, err := url.QueryUnescape(key); err == nil {
			key = k
		}
		amp := strings.EqualFold(key, "amp") || strings.EqualFold(key, "outputType") && strings.EqualFold(value, "amp")
		return p == "" || amp || tracking.MatchString(key)
	})
	return strings.Join(parts, "&")
}

// site is the name of a publisher as its address has it, without "www."; "" when it has none.
func site(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
}

// resolve makes an address that is told relative to another absolute.
func resolve(base, address string) string {
	b, err := url.Parse(base)
	if err != nil || base == "" {
		return address
	}
	u, err := b.Parse(strings.TrimSpace(address))
	if err != nil {
		return address
	}
	return u.String()
}
