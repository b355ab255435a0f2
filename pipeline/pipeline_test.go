package pipeline_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/quidnunc-news/quidnunc/pipeline"
)

func TestPermanent(t *testing.T) {
	broken := errors.New("broken line")
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"a marked error is permanent":                     {pipeline.Permanent(broken), true},
		"an error that wraps a marked one is permanent":   {fmt.Errorf("archive: %w", pipeline.Permanent(broken)), true},
		"an error nobody marked may be tried again":       {io.ErrUnexpectedEOF, false},
		"no error is not permanent":                       {nil, false},
		"marking no error gives no error, which is retry": {pipeline.Permanent(nil), false},
	} {
		if got := pipeline.IsPermanent(c.err); got != c.want {
			t.Errorf("%s: IsPermanent(%v) = %v", name, c.err, got)
		}
	}
	if !errors.Is(pipeline.Permanent(broken), broken) {
		t.Error("a marked error is no longer the error it marks")
	}
}

func ExamplePermanent() {
	err := fmt.Errorf("archive: %w", pipeline.Permanent(errors.New("a line of 20 MB")))
	fmt.Println(err, "- try again:", !pipeline.IsPermanent(err))
	// Output: archive: a line of 20 MB - try again: false
}
