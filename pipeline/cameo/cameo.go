// Package cameo is the codes of CAMEO, as GDELT and ICEWS use them, beside ours: events, countries, bodies, kinds of actors.
//
// Facts: the CAMEO codebook, GDELT's lists of codes, FIPS 10-4 and ISO 3166-1.
package cameo

import (
	_ "embed"
	"strings"

	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

//go:embed events.txt
var eventList string

var titles = func() map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(eventList) {
		code, title, _ := strings.Cut(strings.TrimSpace(line), " ")
		out[code] = title
	}
	return out
}()

// Title is what an event code means: "161" → "Reduce or break diplomatic relations"; of a code that CAMEO does not have, what the longest
// known beginning of it means; "" where there is none.
func Title(event string) string {
	for n := len(event); n >= 2; n-- {
		if t := titles[event[:n]]; t != "" {
			return t
		}
	}
	return ""
}

// Base is the code of three digits above an event code, or the code itself: "1125" → "112".
func Base(event string) string { return event[:min(len(event), 3)] }

// Root is the code of two digits above an event code: "1125" → "11".
func Root(event string) string { return event[:min(len(event), 2)] }

// Quad is the class that CAMEO's codes belong to, as GDELT has it: 1 verbal cooperation (01 to 05), 2 material cooperation (06 to 09),
// 3 verbal conflict (10 to 14), 4 material conflict (15 to 20); 0 for no code. PLOVER's class may be another: plover.Type.Quad.
func Quad(event string) int {
	switch root := Root(event); {
	case titles[root] == "":
		return 0
	case root <= "05":
		return 1
	case root <= "09":
		return 2
	case root <= "14":
		return 3
	}
	return 4
}

// fips is ISO 3166-1 alpha-3 (Kosovo: KOS) by FIPS 10-4; "" for what is no country's.
var fips = table(`
AA ABW AC ATG AE ARE AF AFG AG DZA AJ AZE AL ALB AM ARM AN AND AO AGO AQ ASM AR ARG AS AUS AT AUS AU AUT AV AIA AY ATA
BA BHR BB BRB BC BWA BD BMU BE BEL BF BHS BG BGD BH BLZ BK BIH BL BOL BM MMR BN BEN BO BLR BP SLB BR BRA BT BTN BU BGR
BV BVT BX BRN BY BDI CA CAN CB KHM CD TCD CE LKA CF COG CG COD CH CHN CI CHL CJ CYM CK CCK CM CMR CN COM CO COL CQ MNP
CR AUS CS CRI CT CAF CU CUB CV CPV CW COK CY CYP DA DNK DJ DJI DO DMA DR DOM EC ECU EG EGY EI IRL EK GNQ EN EST ER ERI
ES SLV ET ETH EZ CZE FG GUF FI FIN FJ FJI FK FLK FM FSM FO FRO FP PYF FR FRA FS ATF GA GMB GB GAB GG GEO GH GHA GI GIB
GJ GRD GK GGY GL GRL GM DEU GP GLP GQ GUM GR GRC GT GTM GV GIN GY GUY GZ PSE HA HTI HK HKG HM HMD HO HND HR HRV HU HUN
IC ISL ID IDN IM IMN IN IND IO IOT IR IRN IS ISR IT ITA IV CIV IZ IRQ JA JPN JE JEY JM JAM JN SJM JO JOR KE KEN KG KGZ
KN PRK KR KIR KS KOR KT CXR KU KWT KV KOS KZ KAZ LA LAO LE LBN LG LVA LH LTU LI LBR LO SVK LS LIE LT LSO LU LUX LY LBY
MA MDG MB MTQ MC MAC MD MDA MF MYT MG MNG MH MSR MI MWI MJ MNE MK MKD ML MLI MN MCO MO MAR MP MUS MR MRT MT MLT MU OMN
MV MDV MX MEX MY MYS MZ MOZ NC NCL NE NIU NF NFK NG NER NH VUT NI NGA NL NLD NN SXM NO NOR NP NPL NR NRU NS SUR NU NIC
NZ NZL OD SSD PA PRY PC PCN PE PER PK PAK PL POL PM PAN PO PRT PP PNG PS PLW PU GNB QA QAT RE REU RI SRB RB SRB RM MHL
RN MAF RO ROU RP PHL RQ PRI RS RUS RW RWA SA SAU SB SPM SC KNA SE SYC SF ZAF SG SEN SH SHN SI SVN SL SLE SM SMR SN SGP
SO SOM SP ESP ST LCA SU SDN SV SJM SW SWE SX SGS SY SYR SZ CHE TB BLM TD TTO TH THA TI TJK TK TCA TL TKL TN TON TO TGO
TP STP TS TUN TT TLS TU TUR TV TUV TW TWN TX TKM TZ TZA UC CUW UG UGA UK GBR UP UKR US USA UV BFA UY URY UZ UZB VC VCT
VE VEN VI VGB VM VNM VQ VIR VT VAT WA NAM WE PSE WF WLF WI ESH WS WSM WZ SWZ YI SRB YM YEM ZA ZMB ZI ZWE
OS - OC - PF - PG - NT - IP - BQ - WQ - AX - DX - FQ - DQ - JQ - LQ - MQ - KQ - GO - JU - BS - EU - TE -`)

// fipsOf is FIPS 10-4 by ISO 3166-1; where several lie in one country, its own.
var fipsOf = func() map[string]string {
	out := table(`AUS AS PSE WE SRB RI SJM SV`)
	for code, iso := range fips {
		if _, ok := out[iso]; !ok && iso != "" {
			out[iso] = code
		}
	}
	return out
}()

// FromFIPS is the ISO 3166-1 code of a FIPS 10-4 code; false for one that is not known, "" for one that is no country's.
func FromFIPS(code string) (iso string, known bool) {
	iso, known = fips[code]
	return iso, known
}

// FIPS is the FIPS 10-4 code of a country; "" where there is none.
func FIPS(iso string) string { return fipsOf[iso] }

// renamed is the ISO 3166 code of those of CAMEO's countries that differ.
var renamed = table(`ROM ROU ZAR COD TMP TLS WSB PSE GZS PSE KSV KOS SCG SRB YUG SRB BRM MMR`)

// countryOf is CAMEO's code of those countries that it names otherwise today.
var countryOf = table(`ROU ROM TLS TMP KOS KSV`)

// FromCountry is the ISO 3166-1 code of CAMEO's code of a country, where that is another one; else the code itself.
func FromCountry(code string) string {
	if iso := renamed[code]; iso != "" {
		return iso
	}
	return code
}

// Country is CAMEO's code of a country.
func Country(iso string) string {
	if code := countryOf[iso]; code != "" {
		return code
	}
	return iso
}

// regions of CAMEO are no country.
var regions = set(`AFR ASA BLK CRB CAU CFR CAS CEU EIN EAF EEU EUR LAM MEA MDT NAF NMR PGS SCN SAM SAS SEA SAF WAF WST`)

// Region tells whether CAMEO's code of a country stands for a part of the world.
func Region(code string) bool { return regions[code] }

// A Body is how CAMEO codes a body: "IGOWSTNAT" is an intergovernmental organisation (IGO) of the West (WST), NATO (NAT).
type Body struct {
	Code   string // whole: Type, Region, Group
	Type   string // IGO, NGO, MNC, IMG
	Region string // stands where others have their country; may be empty
	Group  string // may be empty
}

// bodies are known ones by the gazetteer's codes.
var bodies = map[string]Body{
	"NATO": {"IGOWSTNAT", "IGO", "WST", "NAT"},
	"UNO":  {"IGOUNO", "IGO", "", "UNO"},
	"EUR":  {"IGOEUREEC", "IGO", "EUR", "EEC"},
	"IGO":  {Code: "IGO", Type: "IGO"},
	"NGO":  {Code: "NGO", Type: "NGO"},
	"MNC":  {Code: "MNC", Type: "MNC"},
	"IMG":  {Code: "IMG", Type: "IMG"},
}

// BodyOf is how CAMEO codes what the gazetteer does: "NATO"; false for what is none.
func BodyOf(code string) (Body, bool) {
	b, ok := bodies[code]
	return b, ok
}

// FromGroup is the gazetteer's code of CAMEO's code of a known group: NAT → NATO; "" for others.
func FromGroup(group string) string { return groups[group] }

var groups = table(`NAT NATO UNO UNO EEC EUR EUR EUR IGO IGO NGO NGO MNC MNC`)

// types are CAMEO's actor types.
var types = set(`GOV MIL REB OPP PTY COP JUD SPY LEG UAF BUS CVL EDU ELI MED IGO NGO MNC INS UIS CRM DEV ENV HLH HRI LAB REF
RAD MOD AGR IMG INT SEP TOP MID HAR PRE IRC`)

// ActorType tells whether CAMEO has an actor type.
func ActorType(code string) bool { return types[code] }

var sectors = func() map[string]bool {
	out := map[string]bool{}
	for _, s := range plover.Sectors() {
		out[string(s)] = true
	}
	return out
}()

// Sector is PLOVER's sector of an actor type; false where PLOVER has none.
func Sector(actorType string) (plover.Sector, bool) {
	return plover.Sector(actorType), sectors[actorType]
}

func table(s string) map[string]string {
	f := strings.Fields(s)
	out := make(map[string]string, len(f)/2)
	for i := 0; i+1 < len(f); i += 2 {
		out[f[i]] = strings.Trim(f[i+1], "-")
	}
	return out
}

func set(s string) map[string]bool {
	out := map[string]bool{}
	for _, f := range strings.Fields(s) {
		out[f] = true
	}
	return out
}
