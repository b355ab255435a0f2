package gazetteer

// Load builds a gazetteer from other files than the embedded ones, which are Data.
var (
	Load = load
	Data = data
)
