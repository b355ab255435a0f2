package segment

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// head is the first line of a file.
type head struct {
	Form     int    `json:"form"`
	Hour     string `json:"hour"`
	Previous string `json:"previous"`
}

// lineHead is a line without its data, which follows as it was stored, or in base64 where it is no JSON value of one line.
type lineHead struct {
	Seq     uint64    `json:"seq"`
	At      time.Time `json:"at"`
	Subject string    `json:"subject"`
}

const (
	asJSON   = `,"data":`
	asBase64 = `,"base64":`
)

// appendLine adds an entry as one line.
func appendLine(b []byte, e Entry) []byte {
	b = strconv.AppendUint(append(b, `{"seq":`...), e.Seq, 10)
	b = append(b, `,"at":"`...)
	b = e.At.UTC().AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","subject":`...)
	subject, err := json.Marshal(e.Subject)
	if err != nil {
		panic(err) // a string always has a JSON form
	}
	b = append(b, subject...)
	if plain(e.Data) {
		b = append(append(b, asJSON...), e.Data...)
	} else {
		b = append(append(b, asBase64...), '"')
		b = append(base64.StdEncoding.AppendEncode(b, e.Data), '"')
	}
	return append(b, "}\n"...)
}

// plain tells whether data can stand in a line as it is, and be had from it byte by byte.
func plain(data []byte) bool {
	if len(data) == 0 || bytes.IndexByte(data, '\n') >= 0 || !json.Valid(data) {
		return false
	}
	return !space(data[0]) && !space(data[len(data)-1])
}

func space(c byte) bool { return c == ' ' || c == '\t' || c == '\r' }

// parseLine reads what appendLine wrote, without its line end. The entry's data is a part of line where it stands there as it was.
func parseLine(line []byte) (Entry, error) {
	// Neither mark can stand inside of the subject: a quote within a JSON string has a backslash before it.
	i, mark := bytes.Index(line, []byte(asJSON)), asJSON
	if j := bytes.Index(line[:cmp.Or(max(i, 0), len(line))], []byte(asBase64)); j >= 0 {
		i, mark = j, asBase64
	}
	if i < 0 || line[len(line)-1] != '}' {
		return Entry{}, fmt.Errorf("no data in the line %.80q", line)
	}
	var h lineHead
	if err := json.Unmarshal(append(bytes.Clone(line[:i]), '}'), &h); err != nil {
		return Entry{}, fmt.Errorf("%w in the line %.80q", err, line)
	}
	e := Entry{Seq: h.Seq, At: h.At.UTC(), Subject: h.Subject, Data: line[i+len(mark) : len(line)-1]}
	if mark == asBase64 {
		data, err := base64.StdEncoding.DecodeString(string(bytes.Trim(e.Data, `"`)))
		if err != nil {
			return Entry{}, fmt.Errorf("%w in the line %.80q", err, line)
		}
		e.Data = data
	}
	return e, nil
}
