package segment

// AppendLine and ParseLine are the form of a line, for its fuzz test.
var (
	AppendLine = appendLine
	ParseLine  = parseLine
)
