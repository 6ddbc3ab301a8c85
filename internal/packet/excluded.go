package packet

// Excluded are personal columns that are not in a package, each with the reason. A
// test plants a word in every other personal column of the register and looks for it.
// law: GDPR 15(3), GDPR 12(1)
var Excluded = map[string]string{
	"persons.first_fold": "the first name again, without accents, to be found by",
	"persons.last_fold":  "the last name again, to be found by",
	"persons.city_fold":  "the city again, to be found by",
	"points.norm":        "the address again, in the form it is compared in",
	"identifiers.value":  "the address again, in the form it is found by",
	"names.value":        "a list of all names of the register, of nobody in particular",
	"standing.packed":    "what the entries of the ledger come to; the entries are there",
	"parcels.content":    "a package like this one",

	"subject_links.address": "an address the person typed to be sent a link, which is gone within the hour",
}
