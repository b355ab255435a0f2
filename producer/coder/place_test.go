package coder_test

import (
	"fmt"
	"testing"
)

// The text's first event happened there: name, region, country, and the coordinates' whole degrees where it is a point.
func TestPlaces(t *testing.T) {
	c := newCoder()
	for _, row := range []struct{ lang, name, text, want string }{
		{"en", "a town", "Rebels attacked soldiers in Bunia.", "Bunia, Ituri, COD 2,30"},
		{"en", "a country", "Rebels attacked soldiers in Uganda.", "Uganda, , UGA"},
		{"en", "a region", "Rebels attacked soldiers in Nangarhar in Afghanistan.", "Nangarhar, Nangarhar, AFG"},
		{"en", "the town of", "Soldiers attacked protesters in the town of Bukavu.", "Bukavu, South Kivu Province, COD -2,29"},
		{"en", "a capital", "Police arrested protesters in Paris on Monday.", "Paris, Île-de-France Region, FRA 49,2"},
		{"en", "Paris in Texas", "Police arrested protesters in Paris, Texas, on Monday.", "Paris, Texas, USA 34,-96"},
		{"en", "London in Ontario", "Police arrested two activists in London, Ontario.", "London, Ontario, CAN 43,-81"},
		{"en", "London", "Police arrested two activists in London.", "London, England, GBR 52,-0"},
		{"en", "a Paris too small for the atlas", "Police arrested protesters in Paris, Idaho.", "Paris, Idaho, USA"},
		{"en", "Tripoli in Libya", "Militias attacked each other in Tripoli.", "Tripoli, Tripoli, LBY 33,13"},
		{"en", "Tripoli in Lebanon, told", "Gunmen attacked soldiers in Tripoli, Lebanon.", "Tripoli, Liban-Nord, LBN 34,36"},
		{"en", "Tripoli in Lebanon, understood", "The Lebanese army said on Monday that Lebanon was calm. Gunmen attacked soldiers in Tripoli.", "Tripoli, Liban-Nord, LBN 34,36"},
		{"en", "the state of Georgia", "Police arrested protesters in Atlanta, Georgia.", "Atlanta, Georgia, USA 34,-84"},
		{"en", "a state in short", "Police arrested protesters in Austin, Tex., on Monday.", "Austin, Texas, USA 30,-98"},
		{"en", "a post code's state", "Police arrested protesters in Springfield, MO.", "Springfield, Missouri, USA 37,-93"},
		{"en", "one of many Springfields", "Police in the United States arrested protesters in Springfield.", "Springfield, , USA"},
		{"en", "a name in several countries", "Police arrested protesters in San Miguel.", "nowhere"},
		{"en", "Reading, the town", "British police arrested protesters in Reading.", "Reading, England, GBR 51,-1"},
		{"en", "Reading, a company", "Protesters attacked Reading on Monday.", "nowhere"},
		{"en", "Orange, a company", "Workers went on strike at Orange.", "nowhere"},
		{"en", "Mobile and its state", "Police arrested protesters in Mobile, Alabama.", "Mobile, Alabama, USA 31,-88"},
		{"en", "Bath, in Britain", "British police arrested protesters in Bath.", "Bath, England, GBR 51,-2"},
		{"en", "no month is a town", "Police arrested protesters in March.", "nowhere"},
		{"en", "no part of an organisation", "Police arrested students of Bath Spa University.", "nowhere"},
		{"en", "no person", "Gunmen attacked Charlotte Church on Monday.", "nowhere"},
		{"en", "no surname", "Police arrested supporters of Jackson.", "nowhere"},
		{"en", "a town that is struck", "Russia bombed Kharkiv.", "Kharkiv, Kharkiv, UKR 50,36"},
		{"en", "two towns, the first", "Rebels attacked soldiers in Goma and Bukavu.", "Goma, Nord Kivu, COD -2,29"},
		{"en", "a birthplace is not where", "The activist, who was born in Goma, was arrested by Ugandan police in Kampala.", "Kampala, Central Region, UGA 0,33"},
		{"en", "before the verb", "In Karachi, police arrested protesters.", "Karachi, Sindh Province, PAK 25,67"},
		{"en", "none told", "Police arrested protesters on Monday.", "nowhere"},
		{"fr", "une ville", "Des rebelles ont attaqué des soldats à Bunia.", "Bunia, Ituri, COD 2,30"},
		{"fr", "Londres", "La police a arrêté des manifestants à Londres.", "London, England, GBR 52,-0"},
		{"fr", "Moscou", "La police a arrêté des manifestants à Moscou.", "Moscow, Moscow, RUS 56,38"},
		{"fr", "Le Caire", "La police a arrêté des manifestants au Caire.", "Cairo, Cairo Governorate, EGY 30,31"},
		{"fr", "Le Mans", "La police a arrêté des manifestants au Mans.", "Le Mans, Pays de la Loire Region, FRA 48,0"},
		{"fr", "La Rochelle", "La police a arrêté des manifestants à La Rochelle.", "La Rochelle, Nouvelle-Aquitaine, FRA 46,-1"},
		{"fr", "Nice, la ville", "La police a arrêté des manifestants à Nice.", "Nice, Provence-Alpes-Côte d'Azur Region, FRA 44,7"},
		{"fr", "un préfixe n'est pas une ville", "La police a arrêté des salariés d'Orange.", "nowhere"},
		{"fr", "Tripoli au Liban", "Des hommes armés ont attaqué des soldats à Tripoli, au Liban.", "Tripoli, Liban-Nord, LBN 34,36"},
		{"fr", "Tripoli", "Des hommes armés ont attaqué des soldats à Tripoli.", "Tripoli, Tripoli, LBY 33,13"},
		{"fr", "dans la ville de", "Des soldats ont attaqué des manifestants dans la ville de Bukavu.", "Bukavu, South Kivu Province, COD -2,29"},
		{"fr", "au nord de", "Des soldats ont attaqué des rebelles au nord de Bukavu.", "Bukavu, South Kivu Province, COD -2,29"},
		{"fr", "une région", "Des rebelles ont attaqué des soldats en Ituri.", "Ituri, Ituri, COD"},
		{"fr", "une ville prise", "L'armée russe a bombardé Kharkiv.", "Kharkiv, Kharkiv, UKR 50,36"},
		{"fr", "Paris au Texas", "La police a arrêté des manifestants à Paris, au Texas.", "Paris, Texas, USA 34,-96"},
		{"fr", "une personne", "La police a arrêté des partisans de Victoria Martin.", "nowhere"},
		{"fr", "Sens", "Des policiers ont été attaqués à Sens.", "nowhere"},
		{"fr", "Sens, en France", "Des policiers français ont été attaqués à Sens.", "Sens, Bourgogne-Franche-Comté, FRA 48,3"},
		{"fr", "nulle part", "La police a arrêté des manifestants lundi.", "nowhere"},
	} {
		t.Run(row.lang+" "+row.name, func(t *testing.T) {
			events := c.Code(article(row.lang, "2021-10-18", row.text))
			if len(events) == 0 {
				t.Fatalf("%s: no event", row.text)
			}
			got := "nowhere"
			if p := events[0].Where; p != nil {
				got = fmt.Sprintf("%s, %s, %s", p.Name, p.Region, p.Country)
				if p.Located() {
					got += fmt.Sprintf(" %.0f,%.0f", p.Lat, p.Lon)
				}
				if p.Located() != (p.GeoNames > 0) {
					t.Errorf("coordinates %g,%g with number %d", p.Lat, p.Lon, p.GeoNames)
				}
			}
			if got != row.want {
				t.Errorf("%s\n got %s\nwant %s", row.text, got, row.want)
			}
		})
	}
}
