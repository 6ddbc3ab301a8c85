package nordic

import "strings"

type orgKind struct {
	industry string
	ends     []string
}

type city struct{ name, postcode, country string }

var (
	finnishFirst = strings.Fields(`Aino Eino Helmi Väinö Sofia Leo Aada Elias Eevi Oliver Lilja Onni Ellen Toivo Olivia Emil Hilla Noel Linnea Antti
		Kaisa Mikko Päivi Jukka Sari Pekka Minna Timo Tiina Juha Anu Kari Hanna Matti Johanna Marko Katja Sami Heidi Ville Outi Janne Riikka Petri
		Satu Tuomas Marja Ilkka Kirsi Veera Säde Yrjö Äijö Tapio Lauri Aleksi Saana Iida Roosa Niilo Kerttu Martta Hilma Lyyti Armas Urho Sulo`)
	finnishLast = strings.Fields(`Korhonen Virtanen Mäkinen Nieminen Mäkelä Hämäläinen Laine Heikkinen Koskinen Järvinen Lehtonen Lehtinen Saarinen
		Salminen Heinonen Niemi Heikkilä Kinnunen Salonen Turunen Salo Laitinen Tuominen Rantanen Karjalainen Jokinen Mattila Savolainen Lahtinen
		Ahonen Ojala Leppänen Väisänen Hiltunen Kallio Miettinen Leinonen Pitkänen Aaltonen Manninen Koivisto Hakala Anttila Räsänen Hirvonen
		Räisänen Peltonen Toivonen Mustonen Nurmi Pulkkinen Rissanen Vainio Syrjälä Kärkkäinen Yli-Kesti Ääri Öhtönen`)
	swedishFirst = strings.Fields(`Alice Lucas Maja Hugo Elsa Liam Astrid Nils Wilma Axel Freja Oscar Åsa Göran Märta Björn Sigrid Håkan Ingrid Sven
		Kerstin Anders Birgitta Lars Karin Erik Maria Per Eva Johan Annika Fredrik Malin Mattias Ulrika Henrik Pernilla Jonas Camilla Mikael Therese
		Stefan Åke Örjan Sören Torbjörn Ylva Ragnhild Solveig Tyra Ebba Signe Viggo Sixten Gösta Märit`)
	swedishLast = strings.Fields(`Andersson Johansson Karlsson Nilsson Eriksson Larsson Olsson Persson Svensson Gustafsson Pettersson Jonsson Jansson
		Hansson Bengtsson Jönsson Lindberg Jakobsson Magnusson Lindström Lindqvist Lindgren Berg Axelsson Bergström Lundberg Lind Lundgren Mattsson
		Berglund Fredriksson Sandberg Henriksson Forsberg Sjöberg Wallin Engström Eklund Danielsson Lundin Håkansson Björk Bergman Gunnarsson
		Holm Wikström Samuelsson Isaksson Fransson Bergqvist Nyström Holmberg Åkesson Öberg Åberg Söderström Ström Sjögren Ågren Östlund Öhman`)
	streets = strings.Split(`Exempelgatan,Mallikatu,Esimerkkitie,Provvägen,Kuvitteellinenkatu,Påhittsgränd,Testikuja,Norrskensvägen,Revontulentie,Sandelträdsstigen,Havtornsgatan,Tyrnitie,Lyktgränd,Lyhtykuja,Isblomsvägen`, ",")
	domains = strings.Fields(`posti.example brevlada.example kirje.example mejl.example laatikko.example hemma.example koti.example`)
	titles  = map[string][]string{
		"fi": strings.Split("Ostopäällikkö,Toimitusjohtaja,Kiinteistöpäällikkö,Huoltovastaava,Talouspäällikkö,Osastonhoitaja,Rehtori,Työsuojeluvaltuutettu,Projektipäällikkö,Tekninen isännöitsijä", ","),
		"sv": strings.Split("Inköpschef,Verkställande direktör,Fastighetschef,Driftansvarig,Ekonomichef,Avdelningsskötare,Rektor,Arbetarskyddsfullmäktig,Projektledare,Teknisk disponent", ","),
	}
	orgFirst = strings.Fields(`Nordanå Fjäll Havs Norrsken Revontuli Kaisla Suvanto Aalto Kuura Halla Tunturi Saaristo Lumi Kanerva Juolukka Vaara Selkä
		Ström Björk Tall Gran Ek Lönn Sälg Vide Ängs Skogs Sjö Älv Klint Udd Holm Skär Ö Vik Sund Ås Dal Mo Hed Näs Strand Berg Udde Kallio Niitty
		Lehto Korpi Kangas Poukama Niemi Lahti Salmi Koski Virta Puro Lampi Järvi Suo Räme`)
	orgKinds = []orgKind{
		{"care", []string{"kliniken", "hoiva", "vård", "terveys"}},
		{"school", []string{"skolan", "koulu", "opisto", "akademi"}},
		{"property", []string{"fastigheter", "kiinteistöt", "asunnot", "hus"}},
		{"industry", []string{"verken", "tehdas", "mekaniska", "teollisuus"}},
		{"retail", []string{"handel", "kauppa", "marknad", "puoti"}},
		{"office", []string{"konsult", "toimistot", "byrån", "palvelut"}},
		{"hotel", []string{"hotell", "majatalo", "gästgård", "kylpylä"}},
	}
	cities = []city{{"Helsinki", "00100", "FI"}, {"Espoo", "02100", "FI"}, {"Tampere", "33100", "FI"}, {"Turku", "20100", "FI"}, {"Åbo", "20100", "FI"},
		{"Vantaa", "01300", "FI"}, {"Oulu", "90100", "FI"}, {"Vasa", "65100", "FI"}, {"Borgå", "06100", "FI"}, {"Jyväskylä", "40100", "FI"},
		{"Lahti", "15110", "FI"}, {"Kuopio", "70100", "FI"}, {"Pori", "28100", "FI"}, {"Jakobstad", "68600", "FI"}, {"Ekenäs", "10600", "FI"},
		{"Kokkola", "67100", "FI"}, {"Rovaniemi", "96100", "FI"}, {"Mariehamn", "22100", "FI"}, {"Lappeenranta", "53100", "FI"}, {"Hämeenlinna", "13100", "FI"},
		{"Stockholm", "111 20", "SE"}, {"Göteborg", "411 01", "SE"}, {"Umeå", "903 25", "SE"}, {"Malmö", "211 20", "SE"}, {"Uppsala", "753 10", "SE"},
		{"Hämeenkyrö", "39100", "FI"}, {"Pargas", "21600", "FI"}, {"Savonlinna", "57100", "FI"}, {"Luleå", "972 31", "SE"}, {"Ystad", "271 31", "SE"}}
)
