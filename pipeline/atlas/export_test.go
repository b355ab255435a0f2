package atlas

// Unpack unpacks the embedded tables anew.
func Unpack() (*Atlas, error) { return unpack(packed) }
