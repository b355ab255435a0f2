package atlas

import (
	"archive/zip"
	"bytes"
	_ "embed" // data.zip
	"fmt"
	"io/fs"
	"sort"
	"strconv"
	"strings"
)

//go:generate go run ../../cmd/train pack data data.zip

// packed holds the tables of data, which towns_gen.go makes.
//
//go:embed data.zip
var packed []byte

func unpack(packed []byte) (*Atlas, error) {
	files, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return nil, fmt.Errorf("atlas: %w", err)
	}
	a := new(Atlas)
	for name, s := range map[string]*sheet{"towns.tsv": &a.towns, "regions.tsv": &a.regions, "names.tsv": &a.names} {
		body, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("atlas: %w", err)
		}
		*s = newSheet(string(body))
	}
	return a, nil
}

// sheet is a table in the order of its lines: columns between tabs, the first line a comment.
type sheet struct {
	body   string
	starts []int32 // of each line, and the end
}

func newSheet(body string) sheet {
	s := sheet{body: body, starts: make([]int32, 0, strings.Count(body, "\n")+1)}
	for i := strings.IndexByte(body, '\n') + 1; i < len(body); {
		s.starts = append(s.starts, int32(i))
		i += strings.IndexByte(body[i:], '\n') + 1
	}
	s.starts = append(s.starts, int32(len(body)))
	return s
}

func (s sheet) len() int { return len(s.starts) - 1 }

func (s sheet) line(i int) string { return s.body[s.starts[i] : s.starts[i+1]-1] }

// search is the first line that is not less than key.
func (s sheet) search(key string) int {
	return sort.Search(s.len(), func(i int) bool { return s.line(i) >= key })
}

// row is the line whose first column is key.
func (s sheet) row(key string) []string {
	key += "\t"
	if i := s.search(key); i < s.len() && strings.HasPrefix(s.line(i), key) {
		return strings.Split(s.line(i), "\t")
	}
	return nil
}

// place reads the row of a town's number or a region's code. The tables hold only numbers that are: a test reads every
// row.
func (a *Atlas) place(ref string) Place {
	if c := a.regions.row(ref); c != nil {
		return Place{Name: c[2], Country: c[1], Region: c[2]}
	}
	c := a.towns.row(ref)
	p := Place{Country: c[1], Name: c[7], Word: strings.Contains(c[6], "w"), Person: strings.Contains(c[6], "p")}
	if region := a.regions.row(c[2]); region != nil {
		p.Region = region[2]
	}
	p.ID, _ = strconv.ParseInt(c[0], 10, 64)
	p.Lat, _ = strconv.ParseFloat(c[3], 64)
	p.Lon, _ = strconv.ParseFloat(c[4], 64)
	p.People, _ = strconv.ParseInt(c[5], 10, 64)
	return p
}
