package rule

import (
	"github.com/quidnunc-news/quidnunc/pipeline/news"
	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

func typeNames() []string { return names(plover.Types()) }

func modeNames() []string {
	var out []string
	seen := map[plover.Mode]bool{}
	for _, t := range plover.Types() {
		for _, m := range t.Modes() {
			if !seen[m] {
				seen[m] = true
				out = append(out, string(m))
			}
		}
	}
	return out
}

func contextNames() []string { return names(plover.Contexts()) }

func sectorNames() []string { return names(plover.Sectors()) }

func realisNames() []string {
	return names([]news.Realis{news.Actual, news.Alleged, news.Hypothetical})
}

func names[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}
