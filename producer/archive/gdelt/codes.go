package gdelt

import (
	"strings"

	"github.com/quidnunc-news/quidnunc/pipeline/plover"
)

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

// renamed is the ISO 3166 code of those of CAMEO's that differ.
var renamed = table(`ROM ROU ZAR COD TMP TLS WSB PSE GZS PSE KSV KOS SCG SRB YUG SRB BRM MMR`)

// groups are known bodies by CAMEO, as the gazetteer codes them.
var groups = table(`NAT NATO UNO UNO EEC EUR EUR EUR IGO IGO NGO NGO MNC MNC`)

// regions of CAMEO are no country.
var regions = set(`AFR ASA BLK CRB CAU CFR CAS CEU EIN EAF EEU EUR LAM MEA MDT NAF NMR PGS SCN SAM SAS SEA SAF WAF WST`)

// types are CAMEO's actor types that stand for no sector of PLOVER's.
var types = set(`GOV MIL REB OPP PTY COP JUD SPY LEG UAF BUS CVL EDU ELI MED IGO NGO MNC INS UIS CRM DEV ENV HLH HRI LAB REF
RAD MOD AGR IMG INT SEP TOP MID HAR PRE IRC`)

// sectors are the actor types that PLOVER knows.
var sectors = func() map[string]bool {
	out := map[string]bool{}
	for _, s := range plover.Sectors() {
		out[string(s)] = true
	}
	return out
}()

// languages is ISO 639-1 by the three letters that GDELT's translations name.
var languages = table(`fra fr eng en deu de spa es ita it por pt nld nl rus ru ukr uk pol pl ces cs ron ro hun hu tur tr ara ar
fas fa zho zh jpn ja kor ko swe sv dan da nor no fin fi ell el heb he hin hi ind id bul bg hrv hr srp sr slk sk slv sl vie vi`)

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
