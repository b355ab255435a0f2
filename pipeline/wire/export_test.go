package wire

import (
	"encoding/json"

	"github.com/quidnunc-news/quidnunc/pipeline/news"
)

// The form as the wire structs mean it, for tests to hold the fast ways to.

func MarshalReport(r news.Report) ([]byte, error)      { return json.Marshal(reportToV1(&r)) }
func MarshalTold(t news.Told) ([]byte, error)          { return json.Marshal(toldToV1(&t)) }
func MarshalAlert(a news.Alert) ([]byte, error)        { return json.Marshal(alertToV1(&a)) }
func UnmarshalReport(data []byte) (news.Report, error) { return decodeReport(data) }
func Glance(data []byte) (news.Report, bool)           { return readReport(data) }
