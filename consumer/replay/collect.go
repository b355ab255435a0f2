package replay

import (
	"os"
	"runtime/debug"
)

// percent is how much garbage, of what is in use, may gather before it is collected: twice as much as Go's default. What a
// replay reads is garbage a moment later, while what the machine remembers stays and is looked through each time.
const percent = 200

// CollectSeldom lets a program that does little else than replay collect its garbage half as often, until the function
// returned is called; its heap may then grow to three times what is in use. Who sets GOGC has decided otherwise.
func CollectSeldom() (as func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(percent)
	return func() { debug.SetGCPercent(before) }
}
