package gazetteer

// Load builds a gazetteer from other files than the embedded ones.
var Load = load
