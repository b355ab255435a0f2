//go:build !unix

package shelf_test

import "time"

var began = time.Now()

// cpu is the time that has passed: what is closest to processor time where that cannot be asked for.
func cpu() time.Duration { return time.Since(began) }
