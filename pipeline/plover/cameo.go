package plover

// Goldstein's conflict-cooperation values by CAMEO root, as GDELT uses them, and the codes that differ from their root.
var (
	goldsteinRoot = map[string]float64{
		"01": 0, "02": 3, "03": 4, "04": 1, "05": 3.5, "06": 6, "07": 7, "08": 5, "09": -2, "10": -5, "11": -2, "12": -4,
		"13": -6, "14": -6.5, "15": -7.2, "16": -4, "17": -7, "18": -9, "19": -10, "20": -10,
	}
	goldsteinCode = map[string]float64{"161": -4, "192": -9.5, "2041": -10}
)

// Goldstein is the Goldstein value of a CAMEO code, -10 to 10: that of the longest known prefix; 0 when none is known.
func Goldstein(cameo string) float64 {
	for n := len(cameo); n > 2; n-- {
		if v, ok := goldsteinCode[cameo[:n]]; ok {
			return v
		}
	}
	if len(cameo) < 2 {
		return 0
	}
	return goldsteinRoot[cameo[:2]]
}

// ByCAMEO is the type that stands for a CAMEO code; empty for codes that PLOVER has dropped or that are unknown.
func ByCAMEO(cameo string) Type {
	for n := len(cameo); n >= 2; n-- {
		if t, ok := byCAMEO[cameo[:n]]; ok {
			return t
		}
	}
	return ""
}

var byCAMEO = map[string]Type{
	"03": Agree, "04": Consult, "05": Support, "06": Cooperate, "07": Aid,
	"08": Concede, "084": Retreat, "085": Retreat, "086": Retreat, "087": Retreat, "0813": Retreat, "0814": Retreat,
	"09": Accuse, "10": Request, "11": Accuse, "12": Reject, "13": Threaten, "14": Protest, "15": Mobilize,
	"16": Sanction, "163": Coerce, "17": Coerce, "175": Assault, "18": Assault, "19": Assault, "191": Coerce,
	"192": Coerce, "20": Assault,
}
